//! Tests of drills from outside: determinism, consistency, scale, what a wrong scenario is told.

#[cfg(test)]
mod consistency;
#[cfg(test)]
mod files;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod verdicts;
