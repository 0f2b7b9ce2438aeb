//! Work that begins on a GPU which was let go and is kept awake by somebody, proved for the sensors of all vendors.

use super::*;

/// The seconds within which work is to be seen: the counters are looked at every five.
const SOON: usize = 6;

impl Machine {
    /// A GPU that was let go, after it raised no interrupts and did nothing.
    fn let_go(maker: Maker) -> Machine {
        let mut machine = Machine::new(maker);
        machine.write("01", "msi_irqs/43", "msix\n");
        machine.write("01", "irq", "16\n");
        assert!(machine.stir(20, 0).len() < 20, "{maker:?}");
        machine
    }

    /// The seconds of these in which it was read, beginning with 1, while it raises so many interrupts in each.
    fn stir(&mut self, seconds: u64, each: u64) -> Vec<u64> {
        (1..=seconds)
            .filter(|_| {
                self.raise(each);
                self.sample().values > 0
            })
            .collect()
    }

    /// Its interrupts go on from one CPU to the other, while those of other devices come by thousands.
    fn raise(&mut self, more: u64) {
        self.raised[self.second as usize % 2] += more;
        let ([first, second], others) = (self.raised, self.second * 5000);
        let table = format!(
            "           CPU0       CPU1       \n  16:  {others}  {others}   IR-IO-APIC   16-fasteoi   i801_smbus\n  \
             43:  {first}  {second}   IR-PCI-MSIX-0000:01:00.0    0-edge      gpu\n \
             143:  {others}  {others}   IR-PCI-MSIX-0000:02:00.0    0-edge      nvme0q1\n \
             LOC:  {others}  {others}   Local timer interrupts\n"
        );
        self.write_file("proc/interrupts", &table);
    }
}

#[test]
fn work_that_begins_while_a_gpu_is_let_go_is_seen_within_seconds() {
    for maker in MAKERS {
        // Whenever that is between two looks at the counters, and between two at the GPU.
        for second in [0, 1, 2, 3, 4, 70, 333] {
            let mut machine = Machine::let_go(maker);
            machine.stir(second, 0);
            machine.works = true;
            let read = machine.stir(30, 60);
            let first = usize::try_from(read[0]).unwrap();
            assert!(first <= SOON, "{maker:?}, work after {second} s: first read after {first} s");
            assert_eq!(read.len(), 31 - first, "{maker:?}: it is read as long as it works");
            machine.works = false;
            let read = machine.stir(60, 0);
            assert!((10..=12).contains(&read.len()), "{maker:?}: it is let go again: {read:?}");
        }
    }
}

#[test]
fn without_the_kernels_counters_it_is_looked_at_as_seldom_as_an_idle_one() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        machine.write("01", "msi_irqs/43", "msix\n");
        machine.read(20);
        machine.works = true;
        let read = machine.read(100);
        assert!((50..=52).contains(&read[0]), "{maker:?}: {read:?}");
    }
}

#[test]
fn an_idle_gpu_that_raises_many_interrupts_is_not_asked_ever_more_often() {
    for maker in MAKERS {
        let mut machine = Machine::let_go(maker);
        let begin = machine.stir(60, 500).len();
        assert!((1..=2 * SOON).contains(&begin), "{maker:?}: {begin}");
        let chatty = machine.stir(3600, 500).len();
        let calm = Machine::let_go(maker).stir(3600, 0).len();
        assert!(chatty <= calm, "{maker:?}: {chatty} and {calm}");
        // Then it sleeps: what was learned is over.
        machine.status("01", "suspended");
        machine.stir(5, 0);
        machine.status("01", "active");
        machine.stir(30, 0);
        let again = machine.stir(20, 500);
        assert!(again.first().is_some_and(|first| *first <= SOON as u64), "{maker:?}: {again:?}");
    }
}

#[test]
fn a_gpu_that_is_merely_kept_open_is_left_alone() {
    for maker in MAKERS {
        let mut machine = Machine::let_go(maker);
        assert_eq!(machine.stir(45, 9), [0; 0], "{maker:?}");
    }
}

/// The kernel is the witness: the counters come from its table, and which are the GPU's from the names in a folder.
#[test]
fn nothing_of_a_gpu_is_opened_to_count_its_interrupts() {
    for maker in MAKERS {
        let mut machine = Machine::let_go(maker);
        machine.stir(1, 0);
        let (gpu, proc) = (Watch::below(&machine.device("01")), Watch::below(&machine.folder.path().join("proc")));
        // Whether a screen was plugged in is asked every ten seconds.
        let in_memory = [IN_MEMORY, &["/control", "/power_state"]].concat();
        let mut reads = 0;
        for _ in 0..40 {
            machine.raise(3);
            proc.opened();
            assert_eq!(machine.sample().values, 0, "{maker:?}");
            let is_own = |file: &String| WRITTEN.iter().any(|own| file.ends_with(own));
            let opened: Vec<_> = gpu.opened().into_iter().filter(|file| !is_own(file)).collect();
            let is_harmless = |file: &String| in_memory.iter().any(|end| format!("/{file}").ends_with(end));
            assert!(opened.iter().all(is_harmless), "{maker:?}: {opened:?}");
            let opened = proc.opened();
            reads += usize::from(opened.contains("interrupts"));
            let is_known = |file: &String| file == "interrupts" || file.starts_with("driver/nvidia/");
            assert!(opened.iter().all(is_known), "{maker:?}: {opened:?}");
        }
        assert_eq!(reads, 8, "{maker:?}: once in five seconds");
    }
}
