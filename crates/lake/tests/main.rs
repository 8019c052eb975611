//! The lake on a real record, a real disk and real logs.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod ingest;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod retention;
