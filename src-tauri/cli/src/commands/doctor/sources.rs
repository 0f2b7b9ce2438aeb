//! What the kernel offers to read.

use hoofbeat_core::sensors::Roots;

use super::Finding;

/// All checks of the machine.
pub fn check(roots: &Roots) -> Vec<Finding> {
    // Where there is no machine, nothing else about it is worth saying.
    match super::super::missing(roots) {
        Some((problem, remedy)) => vec![Finding::failure("machine", problem, remedy)],
        None => vec![hwmon(roots), pressure(roots)],
    }
}

fn hwmon(roots: &Roots) -> Finding {
    const NAME: &str = "sensors";
    let folder = roots.sys.join("class/hwmon");
    let chips = std::fs::read_dir(&folder).map_or(0, |entries| entries.flatten().count());
    match chips {
        0 => {
            let message = format!("{} has no sensor chips: no temperatures, no fans", folder.display());
            Finding::warning(NAME, message, "run `sensors-detect` of lm-sensors; a virtual machine has none")
        }
        1 => Finding::ok(NAME, "1 sensor chip"),
        count => Finding::ok(NAME, format!("{count} sensor chips")),
    }
}

fn pressure(roots: &Roots) -> Finding {
    const NAME: &str = "pressure";
    // The file exists but cannot be read where the kernel has PSI switched off.
    match std::fs::read(roots.proc.join("pressure/cpu")) {
        Ok(_) => Finding::ok(NAME, "the kernel tells how long tasks wait"),
        Err(_) => {
            let remedy = "start the kernel with `psi=1`; everything else is recorded without it";
            Finding::warning(NAME, "the kernel does not tell how long tasks wait (PSI)", remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn what_the_kernel_lacks_is_a_warning() {
        let root = tempfile::tempdir().unwrap();
        let roots = Roots::at(root.path());
        std::fs::create_dir(&roots.proc).unwrap();
        let levels = || check(&roots).iter().map(|finding| finding.level).collect::<Vec<_>>();
        assert_eq!(levels(), [Level::Warning, Level::Warning]);
        std::fs::create_dir_all(roots.sys.join("class/hwmon/hwmon0")).unwrap();
        std::fs::create_dir_all(roots.proc.join("pressure")).unwrap();
        std::fs::write(roots.proc.join("pressure/cpu"), "some avg10=0.00").unwrap();
        assert_eq!(levels(), [Level::Ok, Level::Ok]);
    }

    #[test]
    fn a_folder_without_a_machine_is_a_failure_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let findings = check(&Roots::at(root.path()));
        assert_eq!(findings.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Failure]);
        assert!(findings[0].message.contains(&root.path().join("proc").display().to_string()), "{findings:?}");
    }
}
