//! What a command line runs: a script, a module, a model. Nothing else of it is ever taken over.
//!
//! Arguments hold tokens and prompts, so this looks only for the one word that names what runs, where the interpreter's
//! own rules put it, and each word passes `secret` before it leaves. Deliberately not here: reading.

use super::secret::shown;
use crate::procfs::stat::program_name;

/// The arguments of a process, or the title that it gave itself instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command<'a> {
    pub args: Vec<&'a [u8]>,
}

/// What an interpreter runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Runs<'a> {
    /// A script: its path.
    Script(&'a [u8]),
    /// A module, class or package by its name.
    Module(&'a [u8]),
    /// Text in the command line itself, which is not looked at. Its marker, where it is a worker of a pool that its
    /// parent started.
    Inline { worker: bool },
}

/// What options of an interpreter mean that are no script.
struct Syntax {
    /// Names of the interpreter's file; versions may follow.
    programs: &'static [&'static str],
    /// Options that have their value in the next argument.
    valued: &'static [&'static str],
    /// Options followed by a module.
    module: &'static [&'static str],
    /// Options followed by text to run.
    inline: &'static [&'static str],
    /// Words in the place of a script that are commands: the script comes next.
    commands: &'static [&'static str],
    /// What stands without a path and ending is a class or module.
    bare: bool,
}

const INTERPRETERS: &[Syntax] = &[
    Syntax {
        programs: &["python", "pypy", "ptpython", "ipython"],
        valued: &["-W", "-X", "--check-hash-based-pycs"],
        module: &["-m"],
        inline: &["-c"],
        commands: &[],
        bare: false,
    },
    Syntax {
        programs: &["node", "nodejs", "bun", "deno"],
        valued: &["-r", "--require", "--import", "--loader", "--env-file", "-C", "--conditions", "--title"],
        module: &[],
        inline: &["-e", "--eval", "-p", "--print"],
        commands: &["run", "serve", "x"],
        bare: false,
    },
    Syntax {
        programs: &["java"],
        valued: &["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--add-opens"],
        module: &["-m", "--module"],
        inline: &[],
        commands: &["-jar"],
        bare: true,
    },
    Syntax {
        programs: &["dotnet", "mono"],
        valued: &["--runtimeconfig", "--depsfile"],
        module: &[],
        inline: &[],
        commands: &["exec"],
        bare: false,
    },
    Syntax {
        programs: &["julia", "ruby", "perl", "php", "lua", "luajit", "rscript", "guile"],
        valued: &["-J", "-p", "-t", "-L", "-I", "-r", "-l", "-d"],
        module: &[],
        inline: &["-e", "-E", "--eval"],
        commands: &[],
        bare: false,
    },
    Syntax {
        programs: &["bash", "sh", "dash", "zsh", "fish", "ksh", "busybox"],
        valued: &["-o", "-O", "+o", "+O", "--rcfile", "--init-file"],
        module: &[],
        inline: &["-c", "-lc", "-ic", "-lic", "-ec", "-exc", "-xc", "-euc"],
        commands: &[],
        bare: false,
    },
];

/// Programs in a language's own clothes that start the script that follows: `torchrun train.py`.
const LAUNCHERS: &[&[u8]] = &[
    b"torchrun",
    b"accelerate",
    b"deepspeed",
    b"torch.distributed.run",
    b"torch.distributed.launch",
    b"horovodrun",
    b"runpy",
    b"debugpy",
    b"pdb",
    b"cProfile",
    b"viztracer",
    b"kernprof",
    b"scalene",
    b"coverage",
    b"debugpy.adapter",
];

/// Options whose value is the name of a model.
const MODELS: &[&[u8]] = &[
    b"--model",
    b"--model-path",
    b"--model_path",
    b"--model-name",
    b"--model_name",
    b"--model_name_or_path",
    b"--model-id",
    b"--model_id",
    b"--served-model-name",
    b"--pretrained_model_name_or_path",
    b"--hf-repo",
    b"-hf",
];

impl<'a> Command<'a> {
    /// Of `/proc/<pid>/cmdline`; `None` where there is none.
    pub(super) fn parse(cmdline: &'a [u8]) -> Option<Command<'a>> {
        // A process that writes a title over its arguments leaves zeros behind it.
        let end = cmdline.iter().rposition(|byte| *byte != 0)? + 1;
        let args: Vec<&[u8]> = cmdline[..end].split(|byte| *byte == 0).collect();
        match args[..] {
            // The children of browsers, and servers that others keep alive, write theirs in one piece.
            [one] if is_in_one_piece(one) => {
                Some(Command { args: one.split(|byte| *byte == b' ').filter(|arg| !arg.is_empty()).collect() })
            }
            _ => Some(Command { args }),
        }
    }

    /// The file name of the program as it was called; of a title (`nginx: worker process`) the name before the rest.
    pub(super) fn program(&self) -> Option<&'a [u8]> {
        let first = self.args.first()?;
        let first = first.strip_prefix(b"-").unwrap_or(first);
        let title = first.windows(2).position(|part| part == b": ").filter(|_| !first.starts_with(b"/"));
        program_name(&first[..title.unwrap_or(first.len())]).and_then(shown)
    }

    /// The title of a process that gave itself one, without whatever could be an argument.
    pub(super) fn title(&self) -> Option<Vec<u8>> {
        let [one] = self.args[..] else { return None };
        let words = one.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let words: Vec<&[u8]> = words.take_while(|word| !word.starts_with(b"-")).map_while(shown).take(4).collect();
        shown(&words.join(&b' ')).map(<[u8]>::to_vec)
    }

    /// What the interpreter of this name runs; `None` where it is none, or runs what a person types.
    pub(super) fn runs(&self, program: &[u8]) -> Option<Runs<'a>> {
        let syntax = syntax(program)?;
        let script = self.first(syntax)?;
        let (Runs::Script(name) | Runs::Module(name)) = script else { return Some(script) };
        // The script that a launcher starts, if there is one.
        let stem = without_ending(program_name(name)?);
        let started = LAUNCHERS.contains(&stem).then(|| {
            let mut rest = self.args.iter().skip_while(|arg| **arg != name).skip(1);
            rest.find(|arg| arg.ends_with(b".py") && shown(program_name(arg).unwrap_or_default()).is_some())
        });
        Some(started.flatten().map_or(script, |started| Runs::Script(started)))
    }

    fn first(&self, syntax: &Syntax) -> Option<Runs<'a>> {
        let is = |words: &[&str], arg: &[u8]| words.iter().any(|word| word.as_bytes() == arg);
        let mut args = self.args.iter().skip(1);
        while let Some(arg) = args.next() {
            let arg = &whole(syntax, arg);
            if is(syntax.inline, arg) {
                let worker = args.next().is_some_and(|code| code.starts_with(b"from multiprocessing"));
                return Some(Runs::Inline { worker });
            } else if is(syntax.module, arg) {
                return args.next().map(|module| Runs::Module(module));
            } else if let Some(module) = arg.strip_prefix(b"-m").filter(|_| !syntax.bare && !syntax.module.is_empty()) {
                return Some(Runs::Module(module));
            } else if is(syntax.valued, arg) {
                args.next();
            } else if is(syntax.commands, arg) || arg.is_empty() || arg.starts_with(b"-") || arg.starts_with(b"+") {
                continue;
            } else if is_descriptor(arg) {
                return Some(Runs::Inline { worker: false });
            } else {
                let file = program_name(arg)?;
                // A word that looks like no file may be the value of an option that is not known here.
                return match (arg.contains(&b'/') || without_ending(file) != file, syntax.bare) {
                    (_, true) if !file.ends_with(b".jar") => is_class(arg).then_some(Runs::Module(arg)),
                    (true, _) => Some(Runs::Script(arg)),
                    _ => None,
                };
            }
        }
        None
    }

    /// The model that an option names, or that stands after the command `serve` or `run`.
    pub(super) fn model(&self, is_model: bool, interpreted: bool) -> Option<&'a [u8]> {
        let mut args = self.args.iter().skip(1).peekable();
        while let Some(arg) = args.next() {
            // To an interpreter `-m` is a module.
            let names = match *arg {
                b"-m" => is_model && !interpreted,
                b"serve" | b"run" => is_model,
                option => MODELS.contains(&option),
            };
            if names {
                match args.peek() {
                    Some(value) if !value.starts_with(b"-") => return model_name(value),
                    _ => continue,
                }
            }
            let mut parts = arg.splitn(2, |byte| *byte == b'=');
            if let (Some(option), Some(value)) = (parts.next(), parts.next())
                && MODELS.contains(&option)
            {
                return model_name(value);
            }
        }
        None
    }
}

fn is_in_one_piece(title: &[u8]) -> bool {
    let Some(at) = title.iter().position(|byte| *byte == b' ') else { return false };
    let program = program_name(&title[..at]).unwrap_or_default();
    is_interpreter(program) || title.starts_with(b"/") && title.windows(3).any(|part| part == b" --")
}

/// `/models/blobs/sha256-…` says nothing to a person, `/models/llama-3.gguf` does, and `meta-llama/Llama-3` is a name.
fn model_name(value: &[u8]) -> Option<&[u8]> {
    let name = if value.starts_with(b"/") || value.starts_with(b".") || value.starts_with(b"~") {
        program_name(value)?
    } else {
        value
    };
    let name = name.strip_suffix(b".gguf").or_else(|| name.strip_suffix(b".safetensors")).unwrap_or(name);
    shown(name).filter(|name| !name.contains(&b' '))
}

fn syntax(program: &[u8]) -> Option<&'static Syntax> {
    let lower = program.to_ascii_lowercase();
    let is = |name: &&str| {
        // `python3.12`, `perl5.36`, `lua5.4`.
        lower.strip_prefix(name.as_bytes()).is_some_and(|rest| {
            rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')) && !rest.starts_with(b".")
        })
    };
    INTERPRETERS.iter().find(|syntax| syntax.programs.iter().any(is))
}

/// Flags of one letter may stand in one word, and text to run may follow without a space: `-um`, `-lane`, `-cimport x`.
fn whole<'a>(syntax: &Syntax, arg: &'a [u8]) -> &'a [u8] {
    let ends = |options: &[&'static str]| {
        let short = options.iter().find(|option| option.len() == 2)?;
        let flags = arg.strip_prefix(b"-").filter(|flags| (2..=6).contains(&flags.len()) && !syntax.bare)?;
        let fits = flags.iter().all(u8::is_ascii_alphabetic) && flags.last() == short.as_bytes().last();
        fits.then_some(short.as_bytes())
    };
    let joined = || (!syntax.bare && arg.starts_with(b"-c") && syntax.inline.contains(&"-c")).then_some(&b"-c"[..]);
    ends(syntax.inline).or_else(|| ends(syntax.module)).or_else(joined).unwrap_or(arg)
}

fn is_class(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'/'))
}

/// Whether this is what a shell calls a pipe or an open file: a number that names nothing.
fn is_descriptor(path: &[u8]) -> bool {
    let is_fd = |path: &[u8]| path.starts_with(b"/proc/") && path.windows(4).any(|part| part == b"/fd/");
    path.starts_with(b"/dev/fd/") || path == b"/dev/stdin" || is_fd(path)
}

/// Whether this program runs scripts.
pub(super) fn is_interpreter(program: &[u8]) -> bool {
    syntax(program).is_some()
}

/// A file's name without `.py`, `.sh`, `.jar` …: an ending of at most four small letters or digits.
pub(super) fn without_ending(name: &[u8]) -> &[u8] {
    let at = name.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0);
    at.filter(|at| {
        let ending = &name[at + 1..];
        (1..=4).contains(&ending.len()) && ending.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
    .map_or(name, |at| &name[..at])
}

/// The environment of a Python: `torch` of `/home/bob/miniconda3/envs/torch/bin/python`, `work` of
/// `/home/bob/work/.venv/bin/python`.
pub(super) fn environment(path: &[u8]) -> Option<&[u8]> {
    let mut parts = path.rsplit(|byte| *byte == b'/').skip(1);
    parts.next().filter(|part| *part == b"bin")?;
    let (name, above) = (parts.next()?, parts.next().unwrap_or_default());
    let own = matches!(name, b".venv" | b"venv" | b".env" | b"env");
    let name = match (own, above) {
        (true, b"opt" | b"app" | b"srv" | b"usr" | b"local" | b"home" | b"root" | b"workspace") => return None,
        (true, above) => above,
        (false, b"envs" | b".virtualenvs" | b"virtualenvs") => name,
        _ => return None,
    };
    shown(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_known_by_their_file() {
        for name in ["python", "python3", "python3.12", "Python3", "node", "java", "bash", "lua5.4", "ruby3.1"] {
            assert!(is_interpreter(name.as_bytes()), "{name}");
        }
        for name in ["pythonic", "python.exe", "nodemon", "javac", "basher", "", "3"] {
            assert!(!is_interpreter(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_title_ends_where_arguments_could_begin() {
        #[track_caller]
        fn check(cmdline: &str, expected: Option<&str>) {
            let title = Command::parse(cmdline.as_bytes()).and_then(|command| command.title());
            assert_eq!(title.as_deref(), expected.map(str::as_bytes));
        }
        check("VLLM::EngineCore\0\0\0\0", Some("VLLM::EngineCore"));
        check("ray::TrainWorker.fit", Some("ray::TrainWorker.fit"));
        check("worker --token abc", Some("worker"));
        check("job token=abc next", Some("job"));
        check("python\0train.py", None);
        check("\0\0", None);
        check("", None);
    }

    #[test]
    fn an_environment_is_where_a_python_lies() {
        #[track_caller]
        fn check(path: &str, expected: Option<&str>) {
            assert_eq!(environment(path.as_bytes()), expected.map(str::as_bytes));
        }
        check("/home/bob/miniconda3/envs/torch/bin/python3.11", Some("torch"));
        check("/home/bob/work/.venv/bin/python", Some("work"));
        check("/usr/bin/python3", None);
        check("/opt/conda/bin/python", None);
        check("bin/python", None);
        check("", None);
    }
}
