//! Entering the server into clients' files.

use serde_json::Value;

use crate::run::World;

const CLIENTS: [(&str, &str); 6] = [
    ("claude-desktop", ".config/Claude/claude_desktop_config.json"),
    ("claude-code", "workspace/.mcp.json"),
    ("vscode", "workspace/.vscode/mcp.json"),
    ("cursor", "workspace/.cursor/mcp.json"),
    ("codex", ".codex/config.toml"),
    ("gemini", ".gemini/settings.json"),
];

#[test]
fn every_client_gets_a_file_it_can_read_and_a_command_that_starts() {
    let world = World::new();
    for (client, file) in CLIENTS {
        let ran = world.prov(["mcp", "install", "--client", client]);
        assert_eq!(ran.code, 0, "{client}: {ran:?}");
        let text = std::fs::read_to_string(world.home().join(file)).unwrap();
        let command = env!("CARGO_BIN_EXE_prov");
        assert!(
            text.contains(command),
            "{client} would start something else: {text}"
        );
        if file.ends_with(".json") {
            let value: Value = serde_json::from_str(&text).unwrap();
            let servers = value.get("mcpServers").or_else(|| value.get("servers")).unwrap();
            assert_eq!(
                servers["prov"]["args"].as_array().unwrap().last().unwrap(),
                "serve"
            );
        }
    }
}

#[test]
fn what_was_there_is_kept_and_backed_up() {
    let world = World::new();
    let before = r#"{"mcpServers": {"other": {"command": "x"}}, "theme": "dark"}"#;
    world.file(".cursor/mcp.json", before);
    assert_eq!(world.prov(["mcp", "install", "--client", "cursor"]).code, 0);
    let folder = world.workspace().join(".cursor");
    let after: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("mcp.json")).unwrap()).unwrap();
    assert_eq!(
        (&after["theme"], &after["mcpServers"]["other"]["command"]),
        (&"dark".into(), &"x".into())
    );
    let backups: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            Some(entry.ok()?.path()).filter(|path| path.extension().is_some_and(|e| e == "bak"))
        })
        .collect();
    assert_eq!(backups.len(), 1);
    assert_eq!(std::fs::read_to_string(&backups[0]).unwrap(), before);
}

#[test]
fn print_writes_nothing_and_a_broken_file_is_refused() {
    let world = World::new();
    let ran = world.prov(["mcp", "install", "--client", "claude-code", "--print"]);
    assert!(ran.stdout.contains("mcpServers") && !world.workspace().join(".mcp.json").exists());
    let path = world.file(".mcp.json", "{ // mine\n}");
    let ran = world.prov(["mcp", "install", "--client", "claude-code"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{ // mine\n}");
}

#[test]
fn the_settings_that_it_was_installed_with_are_the_servers() {
    let world = World::new();
    let file = world.file("own.toml", "[nickel]\nwall_ms = 4000\n");
    let file = file.to_str().unwrap();
    let ran = world.prov([
        "mcp",
        "install",
        "--client",
        "cursor",
        "--print",
        "--config-file",
        file,
        "--set",
        "nickel.workers=2",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    let arguments = value["mcpServers"]["prov"]["args"].as_array().unwrap();
    let has = |words: [&str; 2]| arguments.windows(2).any(|pair| pair == words);
    assert!(
        has(["--config-file", file]) && has(["--set", "nickel.workers=2"]),
        "{ran:?}"
    );
}
