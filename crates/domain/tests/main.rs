//! Tests of the rules from outside: matrix, choice, proposal, playbook errors, clocks.

#[cfg(test)]
mod choice;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod playbook;
#[cfg(test)]
mod proposal;
