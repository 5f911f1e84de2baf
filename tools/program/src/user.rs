//! Who started the process, by the system's word.
//!
//! Policies may name `local:<login>`, so the name must not come from the environment, which the caller writes.

use std::io::Read as _;

/// No more of the list of users is read, in bytes.
const LIST_BYTES: u64 = 8 << 20;

/// The login name of the user who started the process, else `uid-<n>`.
///
/// Only `/etc/passwd` is asked: users that are known by other means alone (LDAP, `systemd-homed`, Open Directory)
/// appear as `uid-<n>`, because asking the system's name service would need unsafe code. A policy names them so.
pub(crate) fn login_name() -> String {
    let user = rustix::process::getuid().as_raw();
    let mut list = Vec::new();
    // Without the list everybody is known by number.
    if let Ok(file) = std::fs::File::open("/etc/passwd") {
        let _partly_read = file.take(LIST_BYTES).read_to_end(&mut list);
    }
    name_in(&String::from_utf8_lossy(&list), user).unwrap_or_else(|| format!("uid-{user}"))
}

/// The name of `user` in `list`, whose lines are `name:password:uid:…`.
fn name_in(list: &str, user: u32) -> Option<String> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == user).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails loudly")]

    use super::*;

    #[test]
    fn a_user_is_known_by_the_list_alone() {
        let list = "# users\nroot:x:0:0::/root:/bin/sh\n:x:7:7::/:\nbroken:x\nann:x:1000:1000::/home/ann:/bin/sh\nann2:x:1000:1::/:\n";
        assert_eq!(name_in(list, 0).as_deref(), Some("root"));
        assert_eq!(name_in(list, 1000).as_deref(), Some("ann"));
        assert_eq!((name_in(list, 7), name_in(list, 100)), (None, None));
    }

    #[test]
    fn the_environment_has_no_say() {
        // What `id` says comes from the same place; a user it knows by other means has a number here.
        let id = std::process::Command::new("id")
            .args(["-run"])
            .env("USER", "boss")
            .env("LOGNAME", "boss")
            .output()
            .unwrap();
        let id = String::from_utf8(id.stdout).unwrap();
        let number = format!("uid-{}", rustix::process::getuid().as_raw());
        assert!([id.trim(), number.as_str()].contains(&login_name().as_str()));
    }
}
