//! Parses the text of one DRM fdinfo: what one client of a GPU has used since it was opened.
//!
//! The format is the kernel's `drm-usage-stats`. Every driver prints its own choice of keys, and any program may hand us
//! any descriptor, so a line that is no honest line is left out and the others count. Deliberately not here: whose it is
//! (`scan`), and what changed since the last reading (`usage`).

use crate::sensors::parse::{lines, number, words};

/// No GPU has as many engines or regions; a text with more of them is not a GPU's.
const MOST: usize = 64;

/// No memory is this large, and no counter gets this far in a century of nanoseconds.
const ABSURD: u64 = 1 << 62;
const ABSURD_BYTES: u64 = 1 << 50;

/// No engine has as many equal parts.
const MOST_PARTS: u64 = 1024;

/// One client: one opening of the device, however many descriptors and processes share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The kernel's name of the driver.
    pub driver: Vec<u8>,
    /// The address of the device: `0000:03:00.0`, or the name of a device that is not on PCI.
    pub device: Option<Vec<u8>>,
    /// Unique on its device while the driver is loaded.
    pub id: Option<u64>,
    /// The engines that it used, as the driver names them.
    pub engines: Vec<Engine>,
    /// The memory that it has, as the driver names the regions.
    pub regions: Vec<Region>,
}

/// What a client has used of one sort of engine since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// The driver's name: `render`, `gfx`, `rcs`.
    pub name: Vec<u8>,
    /// How many such engines work side by side.
    pub capacity: u64,
    /// Busy time in nanoseconds.
    pub busy: Option<u64>,
    /// Busy time in cycles of the GPU's clock.
    pub cycles: Option<u64>,
    /// The cycles that the same clock counted altogether.
    pub total_cycles: Option<u64>,
    /// The highest frequency of that clock in hertz.
    pub max_frequency: Option<u64>,
}

/// What a client has of one region of memory, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// The driver's name: `vram0`, `local0`, `gtt`, `system`.
    pub name: Vec<u8>,
    /// Of all buffers, wherever they are now.
    pub total: Option<u64>,
    /// Of buffers that other clients have, too.
    pub shared: Option<u64>,
    /// What really lies in the region.
    pub resident: Option<u64>,
    /// What the kernel may take away.
    pub purgeable: Option<u64>,
    /// What the engines work on.
    pub active: Option<u64>,
    /// The older name of `resident`.
    legacy: Option<u64>,
}

impl Region {
    /// Whether this is memory on the card, and not a part of the machine's.
    pub fn is_local(&self) -> bool {
        self.name.starts_with(b"vram") || self.name.starts_with(b"local")
    }

    /// What the client alone has there: shared buffers would count once for each of those who share them.
    pub fn own(&self) -> Option<u64> {
        Some(self.resident?.saturating_sub(self.shared.unwrap_or(0)))
    }
}

impl Client {
    /// `None` for descriptors of anything but a GPU.
    pub fn parse(text: &[u8]) -> Option<Client> {
        let mut client = Client::default();
        for line in lines(text) {
            let Some(line) = line.strip_prefix(b"drm-") else { continue };
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            // A PCI address has colons too: the key ends at the first one.
            client.take(&line[..colon], line[colon + 1..].trim_ascii());
        }
        for region in &mut client.regions {
            // Lines of one name are added up, and their sum may be what no line may say.
            for bytes in region.all() {
                *bytes = bytes.filter(|bytes| *bytes < ABSURD_BYTES);
            }
            region.resident = region.resident.or(region.legacy);
        }
        client.engines.retain(|engine| engine.busy.is_some() || engine.cycles.is_some());
        (!client.driver.is_empty()).then_some(client)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) {
        let after = |prefix: &str| key.strip_prefix(prefix.as_bytes()).filter(|rest| !rest.is_empty());
        match key {
            b"driver" => self.driver = value.to_vec(),
            b"pdev" => self.device = (!value.is_empty()).then(|| value.to_vec()),
            b"client-id" => self.id = number(value),
            _ => {
                if let Some(name) = after("engine-capacity-") {
                    if let Some(capacity) = number(value).filter(|parts| (1..=MOST_PARTS).contains(parts))
                        && let Some(engine) = self.engine(name)
                    {
                        engine.capacity = engine.capacity.max(capacity);
                    }
                } else if let Some(name) = after("engine-") {
                    // Two blocks may go by one name: the decoders UVD and VCN are both `dec`.
                    self.count(name, quantity(value, &[("", 1), ("ns", 1)]), |engine| &mut engine.busy);
                } else if let Some(name) = after("cycles-") {
                    self.count(name, quantity(value, &[("", 1)]), |engine| &mut engine.cycles);
                } else if let Some(name) = after("total-cycles-") {
                    let cycles = quantity(value, &[("", 1)]);
                    if let Some((cycles, engine)) = cycles.zip(self.engine(name)) {
                        engine.total_cycles = engine.total_cycles.max(Some(cycles));
                    }
                } else if let Some(name) = after("maxfreq-") {
                    let units = [("", 1), ("Hz", 1), ("KHz", 1_000), ("kHz", 1_000), ("MHz", 1_000_000)];
                    let hertz = quantity(value, &units).filter(|hertz| *hertz > 0);
                    if let Some((hertz, engine)) = hertz.zip(self.engine(name)) {
                        engine.max_frequency = engine.max_frequency.max(Some(hertz));
                    }
                } else {
                    self.take_memory(key, value);
                }
            }
        }
    }

    fn take_memory(&mut self, key: &[u8], value: &[u8]) {
        type Field = fn(&mut Region) -> &mut Option<u64>;
        const FIELDS: [(&str, Field); 6] = [
            ("total-", |region| &mut region.total),
            ("shared-", |region| &mut region.shared),
            ("resident-", |region| &mut region.resident),
            ("purgeable-", |region| &mut region.purgeable),
            ("active-", |region| &mut region.active),
            ("memory-", |region| &mut region.legacy),
        ];
        let found = FIELDS.iter().find_map(|(prefix, field)| Some((key.strip_prefix(prefix.as_bytes())?, field)));
        let Some((name, field)) = found.filter(|(name, _)| !name.is_empty()) else { return };
        let units = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
        let Some(bytes) = quantity(value, &units).filter(|bytes| *bytes < ABSURD_BYTES) else { return };
        if let Some(region) = named(&mut self.regions, name, |region| &region.name, Region::called) {
            add(field(region), bytes);
        }
    }

    fn count(&mut self, name: &[u8], value: Option<u64>, field: fn(&mut Engine) -> &mut Option<u64>) {
        if let Some((value, engine)) = value.zip(self.engine(name)) {
            add(field(engine), value);
        }
    }

    fn engine(&mut self, name: &[u8]) -> Option<&mut Engine> {
        named(&mut self.engines, name, |engine| &engine.name, Engine::called)
    }
}

impl Engine {
    fn called(name: &[u8]) -> Engine {
        Engine { name: name.to_vec(), capacity: 1, ..Engine::default() }
    }
}

impl Region {
    fn called(name: &[u8]) -> Region {
        Region { name: name.to_vec(), ..Region::default() }
    }

    fn all(&mut self) -> [&mut Option<u64>; 6] {
        let Region { total, shared, resident, purgeable, active, legacy, .. } = self;
        [total, shared, resident, purgeable, active, legacy]
    }
}

/// The entry of this name, made where it is missing; `None` where there are too many already.
fn named<'a, T>(list: &'a mut Vec<T>, name: &[u8], of: fn(&T) -> &Vec<u8>, new: fn(&[u8]) -> T) -> Option<&'a mut T> {
    match list.iter().position(|entry| of(entry) == name) {
        Some(at) => list.get_mut(at),
        None if list.len() < MOST => {
            list.push(new(name));
            list.last_mut()
        }
        None => None,
    }
}

fn add(sum: &mut Option<u64>, value: u64) {
    *sum = Some(sum.unwrap_or(0).saturating_add(value).min(ABSURD));
}

/// A number with one of these units behind it, as a number of the first one.
fn quantity(value: &[u8], units: &[(&str, u64)]) -> Option<u64> {
    let mut words = words(value);
    let count = number(words.next()?)?;
    let unit = words.next().unwrap_or_default();
    if words.next().is_some() {
        return None;
    }
    let (_, factor) = units.iter().find(|(name, _)| name.as_bytes() == unit)?;
    count.checked_mul(*factor).filter(|value| *value < ABSURD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Client {
        Client::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_client_counts_in_nanoseconds_or_in_cycles() {
        let client = parsed(
            "pos:\t0\ndrm-driver:\ti915\ndrm-pdev:\t0000:03:00.0\ndrm-client-id:\t42\n\
             drm-engine-capacity-video:\t2\ndrm-engine-render:\t120 ns\ndrm-engine-video:\t7 ns\n",
        );
        assert_eq!((client.driver.as_slice(), client.id), (&b"i915"[..], Some(42)));
        assert_eq!(client.device.as_deref(), Some(&b"0000:03:00.0"[..]));
        let engines: Vec<_> = client.engines.iter().map(|e| (e.name.as_slice(), e.capacity, e.busy)).collect();
        assert_eq!(engines, [(&b"video"[..], 2, Some(7)), (b"render", 1, Some(120))]);

        let client = parsed(
            "drm-driver: xe\ndrm-cycles-ccs:\t10\ndrm-total-cycles-ccs:\t400\ndrm-engine-capacity-ccs:\t4\n\
             drm-cycles-rcs: 9\ndrm-maxfreq-rcs: 2 GHz\ndrm-maxfreq-rcs: 1500 MHz\n",
        );
        let [ccs, rcs] = &client.engines[..] else { panic!("{client:?}") };
        assert_eq!((ccs.cycles, ccs.total_cycles, ccs.capacity), (Some(10), Some(400), 4));
        assert_eq!((rcs.cycles, rcs.total_cycles, rcs.max_frequency), (Some(9), None, Some(1_500_000_000)));
    }

    #[test]
    fn a_name_that_comes_twice_is_added_up() {
        let client = parsed("drm-driver: amdgpu\ndrm-engine-dec: 5 ns\ndrm-engine-dec: 7 ns\n");
        assert_eq!((client.engines.len(), client.engines[0].busy), (1, Some(12)));
    }

    #[test]
    fn units_and_older_names_of_memory() {
        let client = parsed(
            "drm-driver: amdgpu\ndrm-memory-vram: 60060 KiB\ndrm-resident-vram:\t58 MiB\ndrm-shared-vram: 16392 KiB\n\
             drm-memory-gtt: \t2048 KiB\ndrm-total-cpu:\t4096\ndrm-resident-cpu: 12 pages\n",
        );
        let [vram, gtt, cpu] = &client.regions[..] else { panic!("{client:?}") };
        assert_eq!((vram.resident, vram.own()), (Some(58 << 20), Some((58 << 20) - (16392 << 10))));
        assert!(vram.is_local() && !gtt.is_local() && !cpu.is_local());
        assert_eq!((gtt.resident, gtt.own()), (Some(2 << 20), Some(2 << 20)));
        assert_eq!((cpu.total, cpu.resident, cpu.own()), (Some(4096), None, None));
    }

    #[test]
    fn a_sum_that_no_memory_can_hold_is_no_value() {
        let half = "drm-resident-vram: 1048575 GiB\n";
        let client = parsed(&format!("drm-driver: amdgpu\ndrm-total-vram: 1 MiB\n{half}{half}"));
        assert_eq!((client.regions[0].resident, client.regions[0].total), (None, Some(1 << 20)));
    }

    #[test]
    fn what_is_no_honest_line_is_left_out() {
        assert_eq!(Client::parse(b"pos:\t0\nflags:\t02\nino:\t998877\n"), None);
        assert_eq!(Client::parse(b"drm-driver:\n"), None);
        let client = parsed(
            "drm-driver: x\ndrm-client-id: -1\ndrm-pdev:\ndrm-engine-a: -5 ns\ndrm-engine-b: 5 s\ndrm-engine-: 1 ns\n\
             drm-engine-c: 99999999999999999999 ns\ndrm-engine-capacity-d: 2\ndrm-engine-e 5 ns\ndrm-engine-f: 1 ns x\n\
             drm-resident-vram: 17179869184 GiB\ndrm-total-vram: 1048576 GiB\ndrm-engine-capacity-g: 0\n\
             drm-engine-g: 1\n",
        );
        assert_eq!((client.id, client.device, client.regions), (None, None, vec![]));
        assert_eq!(
            client.engines.iter().map(|e| (e.name.as_slice(), e.capacity)).collect::<Vec<_>>(),
            [(&b"g"[..], 1)]
        );
        let many: String = (0..1000).map(|n| format!("drm-engine-{n}: 1 ns\ndrm-total-{n}: 1\n")).collect();
        let client = parsed(&format!("drm-driver: x\n{many}"));
        assert_eq!((client.engines.len(), client.regions.len()), (MOST, MOST));
    }
}
