//! The network sensor: bytes, packets and errors of each interface.
//!
//! Recorded are interfaces with hardware (or a hypervisor) behind them, and the tunnels of a VPN, whose traffic is a
//! question of its own. Not recorded are `lo`, and what only hands on the bytes of another interface: bridges, bonds,
//! VLANs, `veth` and `tap`, of which containers and virtual machines make hundreds that never come back.
//!
//! Hardware is known by its permanent MAC address. Where the address is not the hardware's own (chosen at random by
//! NetworkManager, given by a phone or a hypervisor) the path of the device is steadier; a tunnel has only its name. All
//! counters come from one read of `/proc/net/dev`: one sample costs 9 µs with 4 interfaces, where the `sysinfo` crate,
//! which cannot read another root, takes 345. Deliberately not here: connections and who uses them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::chips::device_path;
use super::input::{Buffer, Input, attribute};
use super::names::{escaped, unique};
use super::parse::{integer, lines, number, rate, seconds, words};
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// See the module.
pub struct Network {
    roots: Roots,
    input: Input,
    /// By name; an interface that is not recorded has a `None`, so that it is looked at once.
    interfaces: HashMap<Vec<u8>, Option<Interface>>,
    buffer: Buffer,
}

struct Interface {
    source: Arc<Source>,
    last: Option<(Duration, Counters)>,
}

impl Network {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        let input = Input::new(roots, roots.proc.join("net/dev"));
        Box::new(Network { roots: roots.clone(), input, interfaces: HashMap::new(), buffer: Buffer::default() })
    }

    /// Looks at all interfaces anew, because their set changed.
    fn meet(&mut self, lines: &[Line]) {
        let class = self.roots.sys.join("class/net");
        let found: Vec<(&[u8], String)> = lines
            .iter()
            .filter_map(|line| Some((line.name.as_slice(), identity(&class, &line.name, &self.roots)?)))
            .collect();
        let ids = unique(&found, |(_, id)| id.clone(), |(name, _)| escaped(name));
        let mut before = std::mem::take(&mut self.interfaces);
        self.interfaces = lines.iter().map(|line| (line.name.clone(), None)).collect();
        for ((name, _), id) in found.into_iter().zip(ids) {
            let id = format!("net:{id}");
            let known = before.remove(name).flatten().filter(|known| known.source.id == id);
            let known = known.unwrap_or_else(|| Interface {
                source: Source::whole(SourceKind::Network, id, Untrusted::new(name)),
                last: None,
            });
            self.interfaces.insert(name.to_vec(), Some(known));
        }
    }
}

impl Sensor for Network {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let (boot, lines) = match self.input.read(&mut self.buffer) {
            Ok(text) => (clock.now().boot, parse_dev(text)),
            Err(error) => return Err(SensorError::io(self.input.path(), &error)),
        };
        if !self.roots.sys.join("class/net").is_dir() {
            // Without it nothing tells hardware from a container's interface.
            let reason = say!("{path} is missing", path = self.roots.sys.join("class/net").display());
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        // Counters that went back belong to an interface that was made anew, perhaps on other hardware.
        let replaced = |line: &Line| match self.interfaces.get(&line.name) {
            Some(Some(Interface { last: Some((_, before)), .. })) => line.counters.since(before, 1.0).is_none(),
            Some(_) => false,
            None => true,
        };
        if lines.len() != self.interfaces.len() || lines.iter().any(replaced) {
            self.meet(&lines);
        }
        for line in &lines {
            if let Some(Some(interface)) = self.interfaces.get_mut(&line.name) {
                interface.put(boot, &line.counters, batch);
            }
        }
        Ok(())
    }
}

impl Interface {
    fn put(&mut self, boot: Duration, counters: &Counters, batch: &mut Batch) {
        let before = self.last.replace((boot, *counters));
        let rates = before.and_then(|(since, before)| counters.since(&before, seconds(since, boot)?));
        let Some(rates) = rates else {
            // At its first sample, or where its counters start anew, it is there all the same.
            batch.condition(&self.source, Health::Ok, "");
            return;
        };
        for (metric, value) in METRICS.into_iter().zip(rates) {
            batch.put(&self.source, metric, value);
        }
    }
}

/// In the order of [`Counters`].
const METRICS: [Metric; 6] = [
    Metric::NetReceive,
    Metric::NetReceivePackets,
    Metric::NetReceiveErrors,
    Metric::NetTransmit,
    Metric::NetTransmitPackets,
    Metric::NetTransmitErrors,
];

/// Totals since the interface was made: bytes, packets and errors received, then sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters([u64; 6]);

impl Counters {
    /// What grew, a second. `None` where any counter went back: then all of them count anew.
    fn since(&self, before: &Counters, seconds: f64) -> Option<[f64; 6]> {
        let mut rates = [0.0; 6];
        for (index, value) in rates.iter_mut().enumerate() {
            *value = rate(before.0[index], self.0[index], seconds)?;
        }
        Some(rates)
    }
}

/// One line of `/proc/net/dev`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    name: Vec<u8>,
    counters: Counters,
}

/// The interfaces of `/proc/net/dev`; a line that is cut off or holds no numbers is left out.
pub(crate) fn parse_dev(text: &[u8]) -> Vec<Line> {
    let parse = |line: &[u8]| {
        // A name holds no blank, but an alias such as `eth0:1` holds a colon.
        let name = line.trim_ascii_start().split(u8::is_ascii_whitespace).next()?;
        let end = name.iter().rposition(|byte| *byte == b':')?;
        let start = line.len() - line.trim_ascii_start().len();
        // Kernels before 2.6 wrote the first number right behind the colon.
        let (name, rest) = (&name[..end], &line[start + end + 1..]);
        let mut numbers = [0; 16];
        let mut words = words(rest);
        for field in &mut numbers {
            *field = number(words.next()?)?;
        }
        let counters = Counters([numbers[0], numbers[1], numbers[2], numbers[8], numbers[9], numbers[10]]);
        (!name.is_empty()).then(|| Line { name: name.to_vec(), counters })
    };
    lines(text).filter_map(parse).collect()
}

/// The id of an interface; `None` for one that is not recorded.
fn identity(class: &Path, name: &[u8], roots: &Roots) -> Option<String> {
    if name.starts_with(b".") || name.contains(&b'/') {
        return None;
    }
    let folder = class.join(OsStr::from_bytes(name));
    let device = folder.join("device");
    if !device.exists() {
        return is_tunnel(&folder).then(|| escaped(name));
    }
    let own = attribute(&folder.join("addr_assign_type")).is_none_or(|kind| kind == b"0");
    let address = attribute(&folder.join("address")).filter(|address| own && is_hardware_address(address));
    let address = address.map(|address| escaped(&address.to_ascii_lowercase()));
    Some(address.or_else(|| device_path(&device, roots)).unwrap_or_else(|| escaped(name)))
}

/// WireGuard, PPP, and `tun` (not `tap`, which carries the frames of a virtual machine).
fn is_tunnel(folder: &Path) -> bool {
    let uevent = attribute(&folder.join("uevent")).unwrap_or_default();
    let named = lines(&uevent).any(|line| matches!(line, b"DEVTYPE=wireguard" | b"DEVTYPE=ppp"));
    let flags = attribute(&folder.join("tun_flags"))
        .and_then(|flags| i64::from_str_radix(std::str::from_utf8(flags.strip_prefix(b"0x")?).ok()?, 16).ok());
    let is_ppp = attribute(&folder.join("type")).and_then(|kind| integer(&kind)) == Some(512);
    named || is_ppp || flags.is_some_and(|flags| flags & 1 == 1)
}

/// Whether an address was given by a maker of hardware: six bytes, not all zero, for one receiver, and without the bit
/// of locally chosen ones.
fn is_hardware_address(address: &[u8]) -> bool {
    let byte = |pair: &[u8]| {
        let digits = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
        u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|_| digits)?, 16).ok()
    };
    let bytes: Option<Vec<u8>> = address.split(|byte| *byte == b':').map(byte).collect();
    bytes.is_some_and(|bytes| bytes.len() == 6 && bytes[0] & 3 == 0 && bytes.iter().any(|byte| *byte != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Inter-|   Receive                                                |  Transmit\n \
        face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

    #[test]
    fn broken_lines_of_dev_are_left_out() {
        #[track_caller]
        fn check(lines: &str, expected: &[(&str, [u64; 6])]) {
            let found = parse_dev(format!("{HEAD}{lines}").as_bytes());
            let found: Vec<_> =
                found.iter().map(|line| (std::str::from_utf8(&line.name).unwrap(), line.counters.0)).collect();
            assert_eq!(found, expected);
        }
        check("  eth0: 100 2 3 0 0 0 0 0 400 5 6 0 0 0 0 0\n", &[("eth0", [100, 2, 3, 400, 5, 6])]);
        check("eth0:100 2 3 0 0 0 0 0 400 5 6 0 0 0 0 0", &[("eth0", [100, 2, 3, 400, 5, 6])]);
        check("eth0:1: 1 2 3 0 0 0 0 0 4 5 6 0 0 0 0 0\n", &[("eth0:1", [1, 2, 3, 4, 5, 6])]);
        check("eth0: 1 2 3 0 0 0 0 0 4 5 6 0 0 0 0\n", &[]);
        check("eth0: 1 2 3 0 0 0 0 0 4 5 -6 0 0 0 0 0\n", &[]);
        check("eth0: 99999999999999999999 2 3 0 0 0 0 0 4 5 6 0 0 0 0 0\n", &[]);
        check(": 1 2 3 0 0 0 0 0 4 5 6 0 0 0 0 0\n\n:\n", &[]);
        check("", &[]);
    }

    #[test]
    fn counters_that_start_anew_give_no_number() {
        let before = Counters([100, 10, 0, 100, 10, 0]);
        assert_eq!(Counters([300, 12, 0, 100, 10, 4]).since(&before, 2.0), Some([100.0, 1.0, 0.0, 0.0, 0.0, 2.0]));
        assert_eq!(Counters([300, 12, 0, 99, 10, 4]).since(&before, 2.0), None);
        assert_eq!(Counters::default().since(&before, 2.0), None);
    }

    #[test]
    fn only_a_makers_address_is_an_identity() {
        #[track_caller]
        fn check(address: &str, expected: bool) {
            assert_eq!(is_hardware_address(address.as_bytes()), expected);
        }
        check("b4:2e:99:01:02:03", true);
        check("02:fc:00:00:00:01", false);
        check("00:00:00:00:00:00", false);
        check("ff:ff:ff:ff:ff:ff", false);
        check("00:00:00:00:00:01:00:00:00:00:00:00:00:00:00:00:00:00:00:00", false);
        check("+4:2e:99:01:02:03", false);
        check("b42e99010203", false);
        check("", false);
    }
}
