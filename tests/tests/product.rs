//! The product as a whole: real programs, a real database, a real desktop.

mod product {
    mod answered;
    mod boundaries;
    mod changed_binary;
    mod demo;
    mod faults;
    mod gpu_usage;
    mod loads;
    mod machine;
    mod notification;
    mod nvidia;
    mod recording;
    mod rules;
    mod storm;
    mod tray;
    mod window;
}
