//! What opens above the inbox, one folder each: its state, what its commands do (`update`), and how it is
//! drawn (`view`).

pub mod accounts;
pub mod call;
pub mod copy;
pub mod dates;
pub mod elsewhere;
pub mod help;
pub mod login;
pub mod name;
pub mod note;
pub mod palette;
pub mod save;
pub mod save_all;
pub mod tags;
