//! The session bus, as a test looks at it.

use anyhow::Result;
use zbus::blocking::connection::{Builder, Connection};
use zbus::blocking::fdo::DBusProxy;
use zbus::zvariant::{DynamicType, OwnedValue, Type};

/// A connection to the session bus.
#[derive(Clone, Debug)]
pub struct Bus(pub Connection);

impl Bus {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect(address: &str) -> Result<Bus> {
        Ok(Bus(Builder::address(address)?.build()?))
    }

    /// Whether somebody owns a name.
    pub fn has_owner(&self, name: &str) -> bool {
        let answer = || -> Result<bool> { Ok(DBusProxy::new(&self.0)?.name_has_owner(name.try_into()?)?) };
        answer().unwrap_or(false)
    }

    /// Calls a method.
    ///
    /// # Errors
    /// It fails, or answers in another shape.
    pub fn call<Answer>(
        &self,
        (destination, path): (&str, &str),
        interface: &str,
        method: &str,
        body: &(impl serde::Serialize + DynamicType),
    ) -> Result<Answer>
    where
        Answer: for<'a> zbus::zvariant::DynamicDeserialize<'a>,
    {
        let message = self.0.call_method(Some(destination), path, Some(interface), method, body)?;
        Ok(message.body().deserialize()?)
    }

    /// Reads a property.
    ///
    /// # Errors
    /// There is none of that name and type.
    pub fn property<Value>(&self, (destination, path): (&str, &str), interface: &str, name: &str) -> Result<Value>
    where
        Value: TryFrom<OwnedValue> + Type,
        Value::Error: std::error::Error + Send + Sync + 'static,
    {
        let body = (interface, name);
        let value: OwnedValue = self.call((destination, path), "org.freedesktop.DBus.Properties", "Get", &body)?;
        Ok(Value::try_from(value)?)
    }
}
