//! The user's workspace on disk: configurations, and data that replaces what the executable ships.
//!
//! Nothing outside the workspace root is ever read, whatever the path or the symbolic links in it say.

mod assets;
mod files;

pub use assets::WorkspaceAssets;
pub use files::WorkspaceFiles;
