//! What each GPU does in a few words, and who uses the busiest: "GPU 94 %, 71 °C: Blender and Ollama".
//!
//! Said by the tray and by `status`; the window says the same (`headline.ts`). Deliberately not here: since when, and
//! what it costs.

use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::Health;

/// A GPU that is less busy than this, in percent, is idle.
const BUSY: f64 = 1.0;
/// A smaller share is no use worth a name, and a smaller remainder is rounding and the driver's own work.
const WORTH_NAMING: f64 = 5.0;
/// Who does less than this part of what the first does, does not share the GPU with it.
const SECOND: f64 = 1.0 / 3.0;
/// The longest name, in characters, in a sentence.
const LONGEST: usize = 32;

/// What is known of one GPU.
pub struct Gpu {
    /// What a person calls it, fit for where the sentence will stand.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// Whether nobody uses it and it was let go, so that it may sleep.
    pub released: bool,
    /// In percent.
    pub utilization: Option<f64>,
    /// In °C.
    pub temperature: Option<f64>,
    /// How busy it is with what no visible process explains, in percent.
    pub remainder: Option<f64>,
    /// Who works on it, in any order.
    pub users: Vec<User>,
}

/// One identity that works on a GPU; processes of one may come apart.
pub struct User {
    /// The same for all that belongs together.
    pub key: Vec<u8>,
    /// What a person calls it, fit for where the sentence will stand.
    pub name: String,
    /// Percent of the GPU's time.
    pub share: f64,
}

/// Whether a GPU that is not touched is so because it was let go.
pub fn is_released(health: Health, reason: &str) -> bool {
    health == Health::Asleep && reason.starts_with("idle")
}

/// A few words on each GPU, with who uses the busiest.
pub fn sentences(gpus: &[Gpu]) -> Vec<String> {
    let busiest = busiest(gpus);
    let alone = gpus.len() == 1;
    gpus.iter().enumerate().map(|(at, gpu)| sentence(gpu, alone, Some(at) == busiest)).collect()
}

/// The same of the busiest alone.
pub fn of_busiest(gpus: &[Gpu]) -> Option<String> {
    busiest(gpus).map(|at| sentence(&gpus[at], gpus.len() == 1, true))
}

/// The place of the GPU that does most; where none says what it does, of the first.
fn busiest(gpus: &[Gpu]) -> Option<usize> {
    let activity = |gpu: &Gpu| match gpu.health {
        Health::Ok => gpu.utilization.unwrap_or_else(|| gpu.users.iter().map(|user| user.share).sum()),
        _ => -1.0,
    };
    (0..gpus.len()).rev().max_by(|a, b| activity(&gpus[*a]).total_cmp(&activity(&gpus[*b])))
}

fn sentence(gpu: &Gpu, alone: bool, named: bool) -> String {
    let name = if alone { "GPU".to_owned() } else { brief(&gpu.name) };
    let state = match gpu.health {
        Health::Ok => {
            let busy = gpu.utilization.map(|percent| match percent {
                ..BUSY => "idle".to_owned(),
                _ => format::value(Metric::GpuUtilization, percent),
            });
            let warm = gpu.temperature.map(|celsius| format::value(Metric::GpuTemperature, celsius));
            busy.into_iter().chain(warm).collect::<Vec<_>>().join(", ")
        }
        _ if gpu.released => "idle".to_owned(),
        health => health.word().to_owned(),
    };
    let users = if named { users(gpu) } else { None };
    let users = users.map(|users| format!(": {users}")).unwrap_or_default();
    format!("{name} {state}").trim_end().to_owned() + &users
}

/// Who keeps a GPU busy: one name, or two that share it; `None` where that is not known, or nobody does.
fn users(gpu: &Gpu) -> Option<String> {
    if gpu.health != Health::Ok {
        return None;
    }
    if let (Some(all), Some(unseen)) = (gpu.utilization, gpu.remainder)
        && unseen >= WORTH_NAMING
        && unseen > all / 2.0
    {
        return Some("not visible".to_owned());
    }
    let mut identities: Vec<(&[u8], &str, f64)> = Vec::new();
    for user in &gpu.users {
        match identities.iter_mut().find(|(key, ..)| *key == user.key) {
            Some((.., share)) => *share += user.share,
            None => identities.push((&user.key, &user.name, user.share)),
        }
    }
    identities.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.cmp(b.1)));
    let mut largest = identities.into_iter().filter(|(.., share)| *share >= WORTH_NAMING);
    let (_, first, most) = largest.next()?;
    let second = largest.next().filter(|(.., share)| *share >= most * SECOND);
    Some(match second {
        Some((_, second, _)) => format!("{} and {}", brief(first), brief(second)),
        None => brief(first),
    })
}

/// A name that must not fill a whole sentence.
fn brief(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(name: &str, utilization: Option<f64>, temperature: Option<f64>, users: &[(&str, f64)]) -> Gpu {
        let user =
            |(name, share): &(&str, f64)| User { key: name.as_bytes().into(), name: (*name).into(), share: *share };
        Gpu {
            name: name.into(),
            health: Health::Ok,
            released: false,
            utilization,
            temperature,
            remainder: None,
            users: users.iter().map(user).collect(),
        }
    }

    #[test]
    fn one_or_two_who_keep_it_busy_are_named() {
        #[track_caller]
        fn check(percent: f64, remainder: Option<f64>, users: &[(&str, f64)], expected: &str) {
            let gpu = Gpu { remainder, ..gpu("RTX", Some(percent), Some(71.0), users) };
            assert_eq!(of_busiest(&[gpu]).unwrap(), expected);
        }
        check(94.0, None, &[], "GPU 94 %, 71 °C");
        check(94.0, None, &[("Blender", 90.0)], "GPU 94 %, 71 °C: Blender");
        check(94.0, Some(4.0), &[("Ollama", 30.0), ("Blender", 60.0)], "GPU 94 %, 71 °C: Blender and Ollama");
        check(94.0, None, &[("Ollama", 10.0), ("Blender", 80.0)], "GPU 94 %, 71 °C: Blender");
        check(94.0, None, &[("x", 40.0), ("y", 30.0), ("z", 24.0)], "GPU 94 %, 71 °C: x and y");
        // Two runners of one server are one name.
        check(
            90.0,
            None,
            &[("Ollama", 25.0), ("Blender", 40.0), ("Ollama", 25.0)],
            "GPU 90 %, 71 °C: Ollama and Blender",
        );
        check(94.0, Some(80.0), &[("Blender", 14.0)], "GPU 94 %, 71 °C: not visible");
        check(94.0, Some(40.0), &[("Blender", 54.0)], "GPU 94 %, 71 °C: Blender");
        check(6.0, Some(4.0), &[("Shell", 2.0)], "GPU 6 %, 71 °C");
        check(0.4, Some(0.4), &[("Shell", 0.4)], "GPU idle, 71 °C");
        let long = "a name that nobody would want to read to its end";
        check(50.0, None, &[(long, 50.0)], "GPU 50 %, 71 °C: a name that nobody would want t…");
    }

    #[test]
    fn states_are_words_and_only_the_busiest_has_names() {
        let asleep = Gpu { health: Health::Asleep, ..gpu("Radeon", None, None, &[]) };
        let idle = Gpu { health: Health::Asleep, released: true, ..gpu("A2000", None, None, &[]) };
        let lost = Gpu { health: Health::Lost, ..gpu("Gone", None, None, &[("ghost", 99.0)]) };
        let (quiet, busy) =
            (gpu("RTX", Some(20.0), None, &[("x", 20.0)]), gpu("Arc", Some(80.0), None, &[("y", 80.0)]));
        let all = [asleep, idle, lost, quiet, busy];
        assert_eq!(sentences(&all), ["Radeon asleep", "A2000 idle", "Gone lost", "RTX 20 %", "Arc 80 %: y"]);
        assert_eq!(of_busiest(&all).unwrap(), "Arc 80 %: y");
        assert_eq!(of_busiest(&all[..1]).unwrap(), "GPU asleep");
        assert_eq!(of_busiest(&all[2..3]).unwrap(), "GPU lost");
        assert_eq!(of_busiest(&[]), None);
        // One that does not say how busy it is has users all the same.
        assert_eq!(of_busiest(&[gpu("Arc", None, None, &[("y", 80.0)])]).unwrap(), "GPU: y");
        assert!(is_released(Health::Asleep, "idle; let go") && !is_released(Health::Asleep, "D3cold"));
    }
}
