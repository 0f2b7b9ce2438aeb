//! `hoofbeat completions` and `hoofbeat man`: generated from the same table that parses the command line.

use clap::CommandFactory;

use crate::args::{self, Arguments};
use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Prints the completions of a shell.
pub fn completions(options: &args::Completions, output: &mut Output) -> Outcome {
    let mut bytes = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "hoofbeat", &mut bytes);
    Ok(output.raw(&bytes)?)
}

/// Prints the manual page of the whole, or of one command.
pub fn man(options: &args::Man, output: &mut Output) -> Outcome {
    let mut command = Arguments::command();
    // Fills in what options every command inherits.
    command.build();
    let page = match &options.command {
        None => command,
        Some(name) => {
            let Some(found) = command.find_subcommand(name) else {
                let known: Vec<&str> = command.get_subcommands().map(|command| command.get_name()).collect();
                return Err(Failure::Usage(format!("there is no command {name:?}; there are {}", known.join(", "))));
            };
            found.clone()
        }
    };
    let mut bytes = Vec::new();
    clap_mangen::Man::new(page).render(&mut bytes)?;
    Ok(output.raw(&bytes)?)
}
