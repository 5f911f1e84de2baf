//! AWS, as moto plays it, with signatures and policies checked.

mod access;
mod broken;
mod life;
mod pages;
