//! The product as a whole: real programs, a real database, a real desktop.

mod product {
    mod answered;
    mod autostart;
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
    mod tray_alarm;
    mod window;
    mod window_stays;
}
