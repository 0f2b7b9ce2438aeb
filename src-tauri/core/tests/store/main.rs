//! The store against real files: laws, views through the stock `sqlite3`, clocks, faults.

mod clocks;
mod damage;
mod laws;
mod refusals;
mod support;
mod views;
