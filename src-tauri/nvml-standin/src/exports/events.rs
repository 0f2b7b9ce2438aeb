//! Events: a client registers devices with a set and waits for what the scenario has in store.

use std::time::Duration;

use crate::abi::{EVENT_TYPES, EVENT_XID, EventData, NO_INSTANCE};
use crate::argument::{Argument, Handle, Out, Token};
use crate::call::{self, exports};
use crate::code::Code;
use crate::driver::{Driver, EventSet, Target};

exports! {
    fn nvmlEventSetCreate(driver, set: Out<usize>) {
        let token = driver.token();
        set.put(token)?;
        driver.event_sets.insert(token, EventSet::default());
        Ok(())
    }
    fn nvmlEventSetFree(driver, set: Token) {
        driver.event_sets.remove(&set.0).map(|_| ()).ok_or(Code::InvalidArgument)
    }
    fn nvmlDeviceGetSupportedEventTypes(driver, device: Handle, types: Out<u64>) {
        driver.gpu(device)?;
        types.put(EVENT_TYPES)
    }
    fn nvmlDeviceRegisterEvents(driver, device: Handle, types: u64, set: Token) {
        let (index, at) = (driver.gpu(device)?.index, driver.now());
        if types & !EVENT_TYPES != 0 {
            return Err(Code::NotSupported);
        }
        let set = driver.event_sets.get_mut(&set.0).ok_or(Code::InvalidArgument)?;
        set.registered.push((index, types, at));
        Ok(())
    }
}

/// NVML's `nvmlEventSetWait`, whose answer is the same here.
///
/// # Safety
/// As for `nvmlEventSetWait_v2`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlEventSetWait(set: Token, data: Out<EventData>, timeout: u32) -> u32 {
    wait("nvmlEventSetWait", set, data, timeout)
}

/// NVML's `nvmlEventSetWait_v2`: waits up to so many milliseconds for an event.
///
/// # Safety
/// `data` is null or leads to room for one event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlEventSetWait_v2(set: Token, data: Out<EventData>, timeout: u32) -> u32 {
    wait("nvmlEventSetWait_v2", set, data, timeout)
}

fn wait(call: &'static str, set: Token, data: Out<EventData>, timeout: u32) -> u32 {
    let arguments: [&dyn Argument; 3] = [&set, &data, &timeout];
    let limit = Duration::from_millis(timeout.into());
    call::answer_in(call, &arguments, limit, |driver| match next(driver, set) {
        Ok(Some(event)) => Some(data.put(event)),
        Ok(None) => None,
        Err(code) => Some(Err(code)),
    })
}

/// The first event that this set has not had. What had happened before the device was registered is past.
fn next(driver: &mut Driver, set: Token) -> Result<Option<EventData>, Code> {
    if driver.is_stale() {
        return Err(Code::Uninitialized);
    }
    let at = driver.now();
    let set = driver.event_sets.get_mut(&set.0).ok_or(Code::InvalidArgument)?;
    let registered = &set.registered;
    let due = driver.scenario.xids.iter().enumerate().find(|(index, xid)| {
        let wanted = |(device, types, since): &(usize, u64, f64)| {
            *device == xid.device && types & EVENT_XID != 0 && *since <= xid.at && xid.at <= at
        };
        !set.delivered.contains(index) && registered.iter().any(wanted)
    });
    let Some((index, xid)) = due else { return Ok(None) };
    set.delivered.insert(index);
    let (device, data) = (xid.device, xid.code);
    Ok(Some(EventData {
        device: driver.handle(Target::Device(device)).0,
        event_type: EVENT_XID,
        data,
        gpu_instance: NO_INSTANCE,
        compute_instance: NO_INSTANCE,
    }))
}
