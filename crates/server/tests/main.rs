//! The API against a real desk on embedded stores: what it does, and what it refuses.

#[cfg(test)]
mod ahead;
#[cfg(test)]
mod alert_files;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod black;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod correlating;
#[cfg(test)]
mod document;
#[cfg(test)]
mod duty;
#[cfg(test)]
mod events;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod hunting;
#[cfg(test)]
mod joining;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod listed;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod on_postgres;
#[cfg(test)]
mod past;
#[cfg(test)]
mod people;
#[cfg(test)]
#[path = "../../notify/tests/postfix/mod.rs"]
mod postfix;
#[cfg(test)]
#[path = "../../record/tests/fixture/server.rs"]
mod postgres;
#[cfg(test)]
mod raised_again;
#[cfg(test)]
mod raising;
#[cfg(test)]
mod reference_lists;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod saved_searches;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod titles;
#[cfg(test)]
mod told_twice;
#[cfg(test)]
mod waiting;
#[cfg(test)]
mod window;
