//! Reports as their readers get them.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod full_list;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod html;
#[cfg(test)]
mod json;
#[cfg(test)]
mod notice;
#[cfg(test)]
mod pdf;
#[cfg(test)]
mod view;
