//! A PostgreSQL server that lives as long as the tests.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;

use provisioning_postgres::{Options, PostgresState};
use redacted::Redacted;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The password of its administrator.
pub(crate) const PASSWORD: &str = "hunter2-of-the-tests";

/// A server, started by the first test that asks.
pub(crate) static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// Makes a cluster and runs it until its standard input ends, as it does when the test's process ends in any way.
const SCRIPT: &str = r#"
set -eu
bin=$1 folder=$2 port=$3
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -subj /CN=tests -days 2 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=localhost 2>/dev/null
echo 'subjectAltName=DNS:localhost' >names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem 2>/dev/null
chmod 600 server.key
"$bin/initdb" -D data -A scram-sha-256 -U postgres --pwfile=password --no-sync >log 2>&1
"$bin/postgres" -D data -p "$port" -c listen_addresses=localhost -c "unix_socket_directories=$folder" \
    -c fsync=off -c ssl=on -c "ssl_cert_file=$folder/server.pem" -c "ssl_key_file=$folder/server.key" >>log 2>&1 &
server=$!
until "$bin/pg_isready" -q -h localhost -p "$port"; do kill -0 $server; sleep 0.1; done
echo ready
cat >/dev/null
kill -INT $server
wait $server || true
rm -rf "$folder"
"#;

/// A server that is running.
pub(crate) struct Server {
    port: u16,
    folder: PathBuf,
    _input: ChildStdin,
    _process: Child,
}

impl Server {
    fn start() -> Self {
        let programs = programs();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        // The script takes it away: nothing is dropped when a process ends.
        let folder = TempDir::with_prefix("pg").unwrap().keep();
        std::fs::write(folder.join("password"), PASSWORD).unwrap();
        let mut command = as_postgres(&folder);
        let mut process = command
            .args(["sh", "-c", SCRIPT, "server"])
            .arg(&programs)
            .arg(&folder)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It outlives the test by a moment, and must not hold what the test's parent reads.
            .stderr(Stdio::null())
            .spawn()
            .expect("the server's script");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(line.trim(), "ready", "PostgreSQL did not start:\n{log}");
        Self {
            port,
            _input: process.stdin.take().unwrap(),
            _process: process,
            folder,
        }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Who signed its certificate.
    pub(crate) fn authority(&self) -> String {
        std::fs::read_to_string(self.folder.join("ca.pem")).unwrap()
    }

    /// A store of a new schema, in plain text through `port`.
    pub(crate) fn options(&self, port: u16) -> Options {
        let id = Uuid::new_v4().simple().to_string();
        Options {
            url: url(port, "?sslmode=disable"),
            schema: format!("w_{id}"),
            authority: None,
        }
    }

    /// A store of a new schema.
    pub(crate) async fn store(&self) -> PostgresState {
        PostgresState::open(&self.options(self.port)).await.unwrap()
    }

    /// A session of the administrator.
    pub(crate) async fn administrator(&self) -> Client {
        let url = url(self.port, "?sslmode=disable");
        let (client, connection) = tokio_postgres::connect(url.expose(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

/// The administrator's URL through `port`.
pub(crate) fn url(port: u16, query: &str) -> Redacted<String> {
    Redacted::new(format!(
        "postgres://postgres:{PASSWORD}@localhost:{port}/postgres{query}"
    ))
}

/// The folder with `initdb` and `postgres`.
fn programs() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "peers are named by the environment, not by an executable's settings"
    )]
    let value = std::env::var_os("PEERS_POSTGRES");
    let path = value.map(PathBuf::from).unwrap_or_else(|| {
        panic!("`PEERS_POSTGRES` is not set: run `./dev test`, which installs PostgreSQL")
    });
    assert!(
        path.join("initdb").exists(),
        "`PEERS_POSTGRES` names `{}`, where there is no `initdb`: run `./dev setup`",
        path.display()
    );
    path
}

/// PostgreSQL refuses to be root: then it is the user that its package made.
fn as_postgres(folder: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id.trim_ascii() != b"0" {
        return Command::new("env");
    }
    let given = Command::new("chown")
        .args(["-R", "postgres"])
        .arg(folder)
        .status();
    assert!(given.unwrap().success(), "there is no user `postgres`");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
    command
}
