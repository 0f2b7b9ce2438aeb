//! placeholder
pub fn run(_: &crate::args::Global, _: &mut crate::output::Output) -> crate::failure::Outcome {
    Ok(())
}
