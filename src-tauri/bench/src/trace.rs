//! The reference trace: a simulated desktop with 60 series at 1 Hz, the same at every run.
//!
//! 16 cores and 4 CPU series, 2 GPUs of 12 series, memory 4, 2 disks of 4, 2 network interfaces of 2. A person works,
//! plays and renders by day; at night daemons tick over. Two processes use the first GPU all the time. Noise and steps follow what such sensors show: utilisation in
//! whole per cent, temperatures that lag behind power, counters of traffic in bursts. It is simulated, so its absolute
//! size means little without the control that [`crate::storage`] prints beside it: plain JSON integers under zlib.

use std::sync::Arc;

use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{
    Batch, Condition, GpuEnergy, GpuMinute, GpuUsage, GpuUse, RecorderState, Source, SourceKind, Tick,
};

/// Series in the trace.
pub const SERIES: usize = 60;

/// A small generator whose numbers are the same on every machine (xorshift64*, Vigna 2016).
pub struct Random(u64);

impl Random {
    /// The numbers of a seed that is not 0.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Uniform in 0..1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About normal, mean 0, deviation 1.
    pub fn normal(&mut self) -> f64 {
        ((0..6).map(|_| self.uniform()).sum::<f64>() - 3.0) * std::f64::consts::SQRT_2
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

struct Gpu {
    source: Arc<Source>,
    load: f64,
    target: f64,
    temperature: f64,
    fan: f64,
    memory: f64,
}

struct Disk {
    source: Arc<Source>,
    temperature: f64,
    burst: u32,
}

struct Link {
    source: Arc<Source>,
    burst: u32,
}

/// The simulated desktop.
pub struct Trace {
    random: Random,
    cpu: Arc<Source>,
    cores: Vec<(Arc<Source>, f64)>,
    memory: Arc<Source>,
    gpus: Vec<Gpu>,
    disks: Vec<Disk>,
    links: Vec<Link>,
    activity: f64,
    cpu_temperature: f64,
    load: f64,
    used: f64,
    swap: f64,
    started: bool,
}

impl Trace {
    /// The trace from its start.
    pub fn new() -> Trace {
        let cpu = Source::whole(SourceKind::Cpu, "cpu", "Reference CPU");
        let core = |n| (Source::part(&cpu, SourceKind::Core, format!("cpu:{n}"), format!("CPU {n}").as_str()), 0.0);
        let whole = |kind, id: &str| Source::whole(kind, id, id);
        let gpu = |n: u32| Gpu {
            source: whole(SourceKind::Gpu, &format!("gpu:{n}")),
            load: 0.0,
            target: 0.0,
            temperature: 38.0,
            fan: 0.0,
            memory: 600.0,
        };
        let disk = |n: u32| Disk { source: whole(SourceKind::Disk, &format!("disk:{n}")), temperature: 36.0, burst: 0 };
        Trace {
            random: Random::new(0x486f_6f66_6265_6174),
            cores: (0..16).map(core).collect(),
            memory: whole(SourceKind::Memory, "memory"),
            gpus: (0..2).map(gpu).collect(),
            disks: (0..2).map(disk).collect(),
            links: (0..2).map(|n| Link { source: whole(SourceKind::Network, &format!("net:{n}")), burst: 0 }).collect(),
            cpu,
            activity: 0.0,
            cpu_temperature: 45.0,
            load: 0.5,
            used: 7000.0,
            swap: 120.0,
            started: false,
        }
    }

    /// The tick at a Unix second.
    pub fn tick(&mut self, ts: i64) -> Tick {
        let mut batch = Batch::default();
        self.step_activity(ts);
        self.put_cpu(&mut batch);
        self.put_memory(&mut batch);
        for n in 0..self.gpus.len() {
            self.put_gpu(n, &mut batch);
        }
        for n in 0..self.disks.len() {
            self.put_disk(n, &mut batch);
        }
        for n in 0..self.links.len() {
            self.put_link(n, &mut batch);
        }
        let readings = batch.into_parts().readings;
        let mut tick = Tick { ts, readings, gpu_uses: self.gpu_uses(), ..Tick::default() };
        if ts % 60 == 0 {
            tick.gpu_minute = Some(self.gpu_minute(ts - 60));
        }
        if !std::mem::replace(&mut self.started, true) {
            let cores = self.cores.iter().map(|(source, _)| source);
            let wholes = [&self.cpu, &self.memory].into_iter();
            let gpus = self.gpus.iter().map(|gpu| &gpu.source);
            let rest = self.disks.iter().map(|disk| &disk.source).chain(self.links.iter().map(|link| &link.source));
            tick.conditions =
                wholes.chain(cores).chain(gpus).chain(rest).map(|source| (source.clone(), Condition::OK)).collect();
            tick.recorder = Some((RecorderState::Recording, None));
        }
        tick
    }

    /// What the desktop and whatever the person works with do on the first GPU. Both draw on no random number, so that
    /// the samples are what they are without them.
    fn gpu_uses(&self) -> Vec<GpuUse> {
        let gpu = &self.gpus[0];
        let part = |(pid, name, key, part): (u32, &str, &str, f64)| GpuUse {
            source: gpu.source.clone(),
            pid,
            started: Some(u64::from(pid) * 100),
            key: key.into(),
            identity: name.into(),
            uid: Some(1000),
            exe: None,
            command: None,
            share: Some(gpu.load * part),
            vram: Some((gpu.memory * part) as u64 * (1 << 20)),
            busy: Some(gpu.load / 100.0 * part),
            encoder: Some(0.0),
            decoder: Some(0.0),
        };
        [(2113, "GNOME Shell", "app:org.gnome.Shell", 0.1), (48_211, "Blender", "app:org.blender.Blender", 0.9)]
            .map(part)
            .into()
    }

    /// The minute of which the newest second is typical.
    fn gpu_minute(&self, start: i64) -> GpuMinute {
        let usage = |one: GpuUse| GpuUsage {
            source: one.source,
            key: one.key,
            identity: one.identity,
            uid: one.uid,
            busy: one.busy.map(|busy| busy * 60.0),
            vram: one.vram,
            encoder: one.encoder,
            decoder: one.decoder,
            energy: one.busy.map(|busy| busy * 60.0 * 290.0),
        };
        let energy = |gpu: &Gpu| GpuEnergy {
            source: gpu.source.clone(),
            energy: Some(60.0 * (18.0 + gpu.load * 2.9)),
            idle: Some(60.0 * 18.0),
            attributed: Some(60.0 * gpu.load * 2.8),
            busy: Some(gpu.load * 0.6),
            explained: Some(gpu.load * 0.59),
            missing: 0.0,
        };
        let usage = self.gpu_uses().into_iter().map(usage).collect();
        GpuMinute { start, usage, energy: self.gpus.iter().map(energy).collect() }
    }

    /// How busy the person is, 0–1: present from 9 to 23, in stretches.
    fn step_activity(&mut self, ts: i64) {
        let hour = ts.rem_euclid(86_400) / 3600;
        let present = !(2..6).contains(&hour);
        if self.random.chance(1.0 / 600.0) {
            self.activity = if present { 0.35 + self.random.uniform() * 0.65 } else { self.random.uniform() * 0.3 };
        }
    }

    fn put_cpu(&mut self, batch: &mut Batch) {
        let mut sum = 0.0;
        for at in 0..self.cores.len() {
            let base = self.activity * if at < 4 { 35.0 } else { 12.0 };
            let spike = if self.random.chance(0.03) { self.random.uniform() * 60.0 } else { 0.0 };
            let (source, level) = &mut self.cores[at];
            *level += (base - *level) * 0.3;
            let busy = (*level + spike + self.random.normal() * (3.5 + base * 0.3)).clamp(0.0, 100.0);
            sum += busy;
            batch.put(source, Metric::CpuCoreUtilization, busy);
        }
        let busy = sum / self.cores.len() as f64;
        self.load += (busy / 100.0 * 16.0 - self.load) / 60.0;
        self.cpu_temperature += (42.0 + busy * 0.6 - self.cpu_temperature) * 0.1;
        let frequency = 1400.0 + busy * 30.0 + self.random.normal() * 60.0;
        batch.put(&self.cpu, Metric::CpuUtilization, busy);
        batch.put(&self.cpu, Metric::CpuFrequency, frequency * 1e6);
        batch.put(&self.cpu, Metric::CpuTemperature, (self.cpu_temperature + self.random.normal() * 0.5).round());
        // The kernel works the load out every five seconds, in hundredths.
        batch.put(&self.cpu, Metric::CpuLoad1, (self.load * 100.0).round() / 100.0);
    }

    fn put_memory(&mut self, batch: &mut Batch) {
        const TOTAL: f64 = 32_000.0;
        self.used = (self.used + self.random.normal() * (1.5 + self.activity * 9.0)).clamp(3000.0, 30_000.0);
        if self.random.chance(1.0 / 900.0) {
            self.used = (self.used + self.random.normal() * 900.0).clamp(3000.0, 30_000.0);
        }
        if self.random.chance(1.0 / 1200.0) {
            self.swap = (self.swap + self.random.uniform() * 6.0).min(4000.0);
        }
        let mib = f64::from(1 << 20);
        batch.put(&self.memory, Metric::MemoryUsed, self.used * mib);
        batch.put(&self.memory, Metric::MemoryAvailable, (TOTAL - self.used) * mib);
        batch.put(&self.memory, Metric::MemoryTotal, TOTAL * mib);
        batch.put(&self.memory, Metric::SwapUsed, self.swap * mib);
    }

    fn put_gpu(&mut self, n: usize, batch: &mut Batch) {
        let (random, gpu) = (&mut self.random, &mut self.gpus[n]);
        // The second card is a compute card that renders now and then; the first draws the desktop and plays.
        let odds = if n == 0 { 1.0 / 900.0 } else { 1.0 / 1800.0 };
        if random.chance(odds) {
            let heavy = random.chance(self.activity * 0.8);
            gpu.target = if heavy { 40.0 + random.uniform() * 55.0 } else { self.activity * 12.0 * f64::from(n == 0) };
            gpu.memory = if heavy { 4000.0 + random.uniform() * 14_000.0 } else { 600.0 + random.uniform() * 500.0 };
        }
        gpu.load += (gpu.target + random.uniform() * 3.0 - gpu.load) * 0.5;
        let busy = (gpu.load + random.normal() * (gpu.load * 0.06)).clamp(0.0, 100.0);
        let power = 18.0 + busy * 2.9 + random.normal() * (0.8 + busy * 0.06);
        gpu.temperature += (34.0 + power * 0.13 - gpu.temperature) * 0.03;
        let wanted_fan = if gpu.temperature > 52.0 { 30.0 + (gpu.temperature - 52.0) * 2.2 } else { 0.0 };
        gpu.fan += (wanted_fan - gpu.fan) * 0.1;
        if random.chance(0.02) {
            gpu.memory = (gpu.memory + random.normal() * 8.0).max(300.0);
        }
        let mib = f64::from(1 << 20);
        let idle = busy < 2.0;
        let clock = if idle { 210.0 } else { (1500.0 + busy * 9.0 + random.normal() * 12.0) / 15.0 * 15.0 };
        batch.put(&gpu.source, Metric::GpuUtilization, busy);
        batch.put(&gpu.source, Metric::GpuMemoryUtilization, (busy * 0.45 + random.normal()).clamp(0.0, 100.0));
        batch.put(&gpu.source, Metric::GpuEncoder, 0.0);
        batch.put(&gpu.source, Metric::GpuMemoryUsed, gpu.memory * mib);
        batch.put(&gpu.source, Metric::GpuTemperature, gpu.temperature.round());
        batch.put(&gpu.source, Metric::GpuMemoryTemperature, ((gpu.temperature * 1.08 + 2.0) / 2.0).round() * 2.0);
        batch.put(&gpu.source, Metric::GpuPower, power);
        batch.put(&gpu.source, Metric::GpuFanPercent, gpu.fan.round());
        batch.put(
            &gpu.source,
            Metric::GpuFanSpeed,
            if gpu.fan < 1.0 { 0.0 } else { gpu.fan * 33.0 + random.normal() * 6.0 },
        );
        batch.put(&gpu.source, Metric::GpuClock, clock * 1e6);
        batch.put(&gpu.source, Metric::GpuMemoryClock, if idle { 405e6 } else { 10_501e6 });
        batch.put(&gpu.source, Metric::GpuPstate, if idle { 8.0 } else { 0.0 });
    }

    fn put_disk(&mut self, n: usize, batch: &mut Batch) {
        let (random, disk) = (&mut self.random, &mut self.disks[n]);
        if disk.burst > 0 {
            disk.burst -= 1;
        } else if random.chance(0.001 + self.activity * 0.01) {
            disk.burst = (random.uniform() * 20.0) as u32;
        }
        let (mut read, mut write, mut busy) = (0.0, 0.0, 0.0);
        if disk.burst > 0 {
            read = random.uniform() * 200e6;
            write = random.uniform() * 60e6;
            busy = 10.0 + random.uniform() * 60.0;
        } else if random.chance(if n == 0 { 0.8 } else { 0.2 }) {
            write = (1.0 + random.uniform() * 40.0).floor() * 4096.0;
            busy = random.uniform() * 0.8;
        }
        disk.temperature += (35.0 + busy * 0.2 - disk.temperature) * 0.01;
        batch.put(&disk.source, Metric::DiskRead, read);
        batch.put(&disk.source, Metric::DiskWrite, write);
        batch.put(&disk.source, Metric::DiskBusy, busy);
        batch.put(&disk.source, Metric::DiskTemperature, disk.temperature.round());
    }

    fn put_link(&mut self, n: usize, batch: &mut Batch) {
        let (random, link) = (&mut self.random, &mut self.links[n]);
        if link.burst > 0 {
            link.burst -= 1;
        } else if n == 0 && random.chance(0.002 + self.activity * 0.02) {
            link.burst = (random.uniform() * 60.0) as u32;
        }
        // The second interface only hears what the network says to everybody.
        let (receive, transmit) = match (n, link.burst) {
            (0, 0) => (random.uniform().powi(3) * 6000.0, random.uniform().powi(3) * 4000.0),
            (0, _) => (random.uniform() * 30e6, random.uniform() * 1e6),
            _ => (random.uniform().powi(3) * 900.0, random.uniform().powi(3) * 300.0),
        };
        batch.put(&link.source, Metric::NetReceive, receive);
        batch.put(&link.source, Metric::NetTransmit, transmit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_has_sixty_series_and_repeats_itself() {
        let (mut one, mut two) = (Trace::new(), Trace::new());
        for ts in 0..1000 {
            let (a, b) = (one.tick(ts), two.tick(ts));
            assert_eq!(a.readings.len(), SERIES);
            assert_eq!(a.readings, b.readings);
        }
    }
}
