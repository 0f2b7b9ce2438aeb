//! The arguments of the exported functions: transparent wrappers of what C passes, so that the functions' bodies are safe
//! code. A null pointer is INVALID_ARGUMENT; that any other pointer is good is the caller's side of NVML's contract.

use std::ffi::{CStr, c_char};
use std::fmt::Write;

use crate::code::Code;

/// One argument of a call: how the trace shows it, and whether it names a device.
pub trait Argument {
    fn show(&self, text: &mut String);
    fn handle(&self) -> Option<Handle> {
        None
    }
}

/// A device, an event set or a sample, as the client holds it. Never looked into: it is a number, not an address.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle(pub usize);

impl Argument for Handle {
    fn show(&self, text: &mut String) {
        write!(text, "{:#x}", self.0).expect("a String takes all text");
    }
    fn handle(&self) -> Option<Handle> {
        Some(*self)
    }
}

/// An event set or a GPM sample: a handle that names no device.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(pub usize);

impl Argument for Token {
    fn show(&self, text: &mut String) {
        Handle(self.0).show(text);
    }
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Argument for $type {
            fn show(&self, text: &mut String) {
                write!(text, "{self}").expect("a String takes all text");
            }
        }
    )*};
}
numbers! { u32 i32 u64 }

/// Where a call puts its answer, or reads a struct that the client has begun to fill.
#[repr(transparent)]
#[derive(Debug)]
pub struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Out<T> {
        *self
    }
}
impl<T> Copy for Out<T> {}

impl<T> Argument for Out<T> {
    fn show(&self, text: &mut String) {
        text.push_str(if self.0.is_null() { "null" } else { "out" });
    }
}

impl<T: Copy> Out<T> {
    /// An answer's place that stands inside a struct.
    pub fn at(place: *mut T) -> Out<T> {
        Out(place)
    }

    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    fn check(self) -> Result<(), Code> {
        if self.0.is_null() || !self.0.is_aligned() { Err(Code::InvalidArgument) } else { Ok(()) }
    }

    pub fn put(self, value: T) -> Result<(), Code> {
        self.check()?;
        // SAFETY: the pointer is not null and aligned; by NVML's contract the caller lends room for one `T`.
        unsafe { self.0.write(value) };
        Ok(())
    }

    pub fn get(self) -> Result<T, Code> {
        self.check()?;
        // SAFETY: as in `put`; every `T` here is made of numbers and pointers, for which each bit pattern is valid.
        Ok(unsafe { self.0.read() })
    }

    /// Puts a row into an array whose length the caller has vouched for.
    pub fn put_at(self, index: usize, value: T) -> Result<(), Code> {
        self.check()?;
        // SAFETY: callers pass indexes below the length that the client gave with the array.
        unsafe { self.0.add(index).write(value) };
        Ok(())
    }

    pub fn get_at(self, index: usize) -> Result<T, Code> {
        self.check()?;
        // SAFETY: as in `put_at`.
        Ok(unsafe { self.0.add(index).read() })
    }

    /// The version, which is the first field of each versioned struct. It is read alone: a client that passes an older,
    /// shorter struct has no more than that.
    pub fn version(self) -> Result<u32, Code> {
        self.check()?;
        // SAFETY: the pointer is not null and aligned, and versioned structs begin with a u32.
        Ok(unsafe { self.0.cast::<u32>().read() })
    }

    pub fn expect_version(self, version: u32) -> Result<(), Code> {
        if self.version()? == version { Ok(()) } else { Err(Code::ArgumentVersionMismatch) }
    }

    /// The place right behind this one, for what follows a struct's head.
    pub fn behind<U>(self) -> Out<U> {
        Out(self.0.wrapping_add(1).cast())
    }

    /// The same place, for what the client believes to be another struct.
    pub fn cast<U>(self) -> Out<U> {
        Out(self.0.cast())
    }
}

impl Out<c_char> {
    /// Puts a text with its closing zero into a buffer of `length` bytes.
    pub fn put_text(self, length: u32, text: &str) -> Result<(), Code> {
        self.check()?;
        if text.len() >= length as usize {
            return Err(Code::InsufficientSize);
        }
        for (index, byte) in text.bytes().chain([0]).enumerate() {
            self.put_at(index, byte.cast_signed() as c_char)?;
        }
        Ok(())
    }
}

/// A text that the client passes.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Text(*const c_char);

impl Text {
    pub fn read(self) -> Result<String, Code> {
        if self.0.is_null() {
            return Err(Code::InvalidArgument);
        }
        // SAFETY: the pointer is not null; by NVML's contract it leads to a text that ends with a zero.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str().map(str::to_owned).map_err(|_| Code::InvalidArgument)
    }
}

impl Argument for Text {
    fn show(&self, text: &mut String) {
        match self.read() {
            Ok(read) => write!(text, "{read:?}").expect("a String takes all text"),
            Err(_) => text.push_str("null"),
        }
    }
}

/// Fills a fixed field of characters; what does not fit is left away.
pub fn characters<const N: usize>(text: &str) -> [c_char; N] {
    let mut field = [0; N];
    for (place, byte) in field[..N - 1].iter_mut().zip(text.bytes()) {
        *place = byte.cast_signed() as c_char;
    }
    field
}
