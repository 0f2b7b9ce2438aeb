//! GPM: means between two samples, on devices that have it (Hopper and newer).

use std::ffi::CStr;

use crate::abi::{GpmMetric, GpmMetricsHead, GpmSupport};
use crate::argument::{Handle, Out, Token};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{GpmSample, Gpu};
use crate::scenario::device::Quantity;

/// The version of these structs, which alone among all is a bare number.
const VERSION: u32 = 1;
/// Into so many pieces the time between two samples is cut.
const PIECES: u32 = 20;

/// The metrics that a scenario has something for: id, quantity, factor, short name, long name, unit.
type Line = (u32, Quantity, f64, &'static CStr, &'static CStr, &'static CStr);
const METRICS: &[Line] = &[
    (1, Quantity::Util, 1.0, c"GR_UTIL", c"Graphics utilization", c"%"),
    (2, Quantity::Util, 1.0, c"SM_UTIL", c"SM utilization", c"%"),
    (3, Quantity::Util, 0.6, c"SM_OCCUPANCY", c"SM occupancy", c"%"),
    (5, Quantity::Util, 0.8, c"ANY_TENSOR_UTIL", c"Tensor utilization", c"%"),
    (10, Quantity::MemUtil, 1.0, c"DRAM_BW_UTIL", c"DRAM bandwidth utilization", c"%"),
    (20, Quantity::PcieTxKib, 1.0 / 1024.0, c"PCIE_TX", c"PCIe sent", c"MiB/s"),
    (21, Quantity::PcieRxKib, 1.0 / 1024.0, c"PCIE_RX", c"PCIe received", c"MiB/s"),
];

exports! {
    fn nvmlGpmQueryDeviceSupport(driver, device: Handle, support: Out<GpmSupport>) {
        support.expect_version(VERSION)?;
        let supported = driver.gpu(device)?.device.gpm.unwrap_or(false);
        support.put(GpmSupport { version: VERSION, supported: supported.into() })
    }
    fn nvmlGpmSampleAlloc(driver, sample: Out<usize>) {
        let token = driver.token();
        sample.put(token)?;
        driver.gpm_samples.insert(token, None);
        Ok(())
    }
    fn nvmlGpmSampleFree(driver, sample: Token) {
        driver.gpm_samples.remove(&sample.0).map(|_| ()).ok_or(Code::InvalidArgument)
    }
    fn nvmlGpmSampleGet(driver, device: Handle, sample: Token) {
        let gpu = driver.gpu(device)?;
        if gpu.device.gpm != Some(true) {
            return Err(Code::NotSupported);
        }
        let taken = GpmSample { device: gpu.index, instance: None, at: gpu.at };
        *driver.gpm_samples.get_mut(&sample.0).ok_or(Code::InvalidArgument)? = Some(taken);
        Ok(())
    }
    fn nvmlGpmMigSampleGet(driver, device: Handle, gpu_instance: u32, sample: Token) {
        let gpu = driver.gpu(device)?;
        let mig = gpu.device.mig.as_ref().filter(|mig| mig.enabled && gpu.device.gpm == Some(true));
        let mig = mig.ok_or(Code::NotSupported)?;
        let instance = mig.instance.iter().position(|instance| instance.gpu == gpu_instance);
        let instance = Some(instance.ok_or(Code::InvalidArgument)?);
        let taken = GpmSample { device: gpu.index, instance, at: gpu.at };
        *driver.gpm_samples.get_mut(&sample.0).ok_or(Code::InvalidArgument)? = Some(taken);
        Ok(())
    }
    fn nvmlGpmMetricsGet(driver, request: Out<GpmMetricsHead>) {
        request.expect_version(VERSION)?;
        let head = request.get()?;
        let sample = |token| driver.gpm_samples.get(&token).copied().flatten().ok_or(Code::InvalidArgument);
        let (first, second) = (sample(head.first)?, sample(head.second)?);
        if (first.device, first.instance) != (second.device, second.instance) {
            return Err(Code::InvalidArgument);
        }
        let gpu = driver.gpu_at(first.device);
        let metrics: Out<GpmMetric> = request.behind();
        for index in 0..head.count as usize {
            metrics.put_at(index, metric(gpu, metrics.get_at(index)?, first, second.at))?;
        }
        Ok(())
    }
}

fn metric(gpu: Gpu, asked: GpmMetric, from: GpmSample, to: f64) -> GpmMetric {
    let found = METRICS.iter().find(|(id, ..)| *id == asked.id);
    let mean = found.and_then(|(_, quantity, factor, ..)| Some(mean(gpu, *quantity, from, to)? * factor));
    match (found, mean) {
        (Some((.., short, long, unit)), Some(value)) => GpmMetric {
            code: Code::Success as u32,
            value,
            short_name: short.as_ptr(),
            long_name: long.as_ptr(),
            unit: unit.as_ptr(),
            ..asked
        },
        _ => GpmMetric { code: Code::NotSupported as u32, value: 0.0, ..asked },
    }
}

fn mean(gpu: Gpu, quantity: Quantity, from: GpmSample, to: f64) -> Option<f64> {
    let value = |at: f64| match (from.instance, quantity) {
        (None, _) => gpu.value_at(quantity, at),
        (Some(instance), Quantity::Util | Quantity::MemUtil) => {
            let instance = &gpu.device.mig.as_ref()?.instance[instance];
            let curve = if quantity == Quantity::Util { &instance.util } else { &instance.mem_util };
            Some(curve.as_ref()?.value(at, &|_, _| 0.0))
        }
        (Some(_), _) => None,
    };
    let piece = (to - from.at) / f64::from(PIECES);
    let sum: Option<f64> = (0..PIECES).map(|index| value(from.at + piece * (f64::from(index) + 0.5))).sum();
    Some(sum? / f64::from(PIECES))
}
