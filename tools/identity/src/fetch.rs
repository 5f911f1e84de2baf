//! Keys from a URL: kept for a while, fetched by one call at a time, never in a hurry.
//!
//! A token names the key that signed it, and anybody can make up names: without a pace, garbage tokens would make
//! us hammer the issuer.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::{Client, Response, Url};
use tokio::sync::Mutex;

use crate::Error;
use crate::keys::{Keys, LIMIT};

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Keys are kept at least this long, whatever the issuer says.
    pub(crate) age_min: Duration,
    /// Keys are kept at most this long, whatever the issuer says: this is how long a withdrawn key lives.
    pub(crate) age_max: Duration,
    /// How long keys are kept if the issuer says nothing.
    pub(crate) age_default: Duration,
    /// How long old keys serve while the issuer cannot be reached.
    pub(crate) grace: Duration,
    /// The least time between fetches because of an unknown key.
    pub(crate) unknown_key: Duration,
    /// The least time between fetches after one that failed.
    pub(crate) retry: Duration,
    /// How long one fetch may take.
    pub(crate) timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            age_min: Duration::from_secs(60),
            age_max: Duration::from_secs(3600),
            age_default: Duration::from_secs(600),
            grace: Duration::from_secs(3600),
            unknown_key: Duration::from_secs(30),
            retry: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
        }
    }
}

/// Keys at a URL.
pub(crate) struct Fetched {
    url: Url,
    client: Client,
    pace: Pace,
    kept: RwLock<Option<Kept>>,
    /// Held while fetching, so there is one fetch at a time; when the last one began.
    attempt: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Kept {
    keys: Arc<Keys>,
    fresh_until: Instant,
    usable_until: Instant,
}

impl Fetched {
    pub(crate) fn new(text: &str, pace: Pace) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|_| Error::UrlMalformed { url: text.to_owned() })?;
        let loopback = is_loopback(&url);
        let secure = url.scheme() == "https" || (url.scheme() == "http" && loopback);
        if !secure || !url.username().is_empty() || url.password().is_some() {
            return Err(Error::UrlUnsafe { url: shown(&url) });
        }
        // No redirects: they could lead from `https` to anywhere.
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(pace.timeout);
        if loopback {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|source| Error::Client { source })?;
        Ok(Self {
            url,
            client,
            pace,
            kept: RwLock::new(None),
            attempt: Mutex::new(None),
        })
    }

    /// The keys: kept ones while fresh, else fetched, else kept ones within the grace.
    pub(crate) async fn current(&self) -> Result<Arc<Keys>, Error> {
        if let Some(keys) = self.fresh() {
            return Ok(keys);
        }
        let mut attempt = self.attempt.lock().await;
        // Whoever held the lock before us may have fetched them.
        if let Some(keys) = self.fresh() {
            return Ok(keys);
        }
        let fetched = match *attempt {
            Some(last) if last.elapsed() < self.pace.retry => Err(Error::Waiting {
                url: shown(&self.url),
                wait: self.pace.retry,
            }),
            _ => self.fetch(&mut attempt).await,
        };
        fetched.or_else(|error| match self.kept() {
            Some(kept) if Instant::now() < kept.usable_until => {
                tracing::warn!(error = %error, "checking tokens with keys that could not be refreshed");
                Ok(kept.keys)
            }
            _ => Err(error),
        })
    }

    /// Keys newer than `seen`, fetched if the pace allows it.
    pub(crate) async fn newer(&self, seen: &Arc<Keys>) -> Result<Option<Arc<Keys>>, Error> {
        let mut attempt = self.attempt.lock().await;
        if let Some(kept) = self.kept().filter(|kept| !Arc::ptr_eq(&kept.keys, seen)) {
            return Ok(Some(kept.keys));
        }
        if attempt.is_some_and(|last| last.elapsed() < self.pace.unknown_key) {
            return Ok(None);
        }
        self.fetch(&mut attempt).await.map(Some)
    }

    async fn fetch(&self, attempt: &mut Option<Instant>) -> Result<Arc<Keys>, Error> {
        *attempt = Some(Instant::now());
        let failed = |source| Error::Fetch {
            url: shown(&self.url),
            source,
        };
        let mut response = self.client.get(self.url.clone()).send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(Error::Status {
                url: shown(&self.url),
                status: response.status().as_u16(),
            });
        }
        let age = max_age(&response)
            .unwrap_or(self.pace.age_default)
            .clamp(self.pace.age_min, self.pace.age_max);
        let mut text = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failed)? {
            text.extend_from_slice(&part);
            if text.len() > LIMIT {
                return Err(Error::Large {
                    place: shown(&self.url),
                    limit: LIMIT,
                });
            }
        }
        let last = self.kept().map(|kept| kept.keys);
        let keys = Keys::parse(text, &shown(&self.url), last.as_ref())?;
        let fresh_until = Instant::now() + age;
        let kept = Kept {
            keys: Arc::clone(&keys),
            fresh_until,
            usable_until: fresh_until + self.pace.grace,
        };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(keys)
    }

    fn fresh(&self) -> Option<Arc<Keys>> {
        self.kept()
            .filter(|kept| Instant::now() < kept.fresh_until)
            .map(|kept| kept.keys)
    }

    fn kept(&self) -> Option<Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The `max-age` of the answer; nothing to keep is an age of zero.
fn max_age(response: &Response) -> Option<Duration> {
    let control = response
        .headers()
        .get("cache-control")?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let directives = || control.split(',').map(str::trim);
    if directives().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds = directives().find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.parse().ok().map(Duration::from_secs)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Result<IpAddr, _> = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The URL without what could be a secret: user, password, query and fragment.
fn shown(url: &Url) -> String {
    format!(
        "{}://{}{}",
        url.scheme(),
        url.authority().rsplit('@').next().unwrap_or_default(),
        url.path()
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    /// A pace for tests: nothing waits, unless the test changes it.
    fn hurry() -> Pace {
        Pace {
            age_min: Duration::ZERO,
            age_max: Duration::from_secs(60),
            age_default: Duration::from_secs(60),
            grace: Duration::from_secs(60),
            unknown_key: Duration::ZERO,
            retry: Duration::ZERO,
            timeout: Duration::from_secs(2),
        }
    }

    /// Answers every request with `answer` until the test ends, and counts them.
    async fn server(answer: String) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks?key=hidden", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = [0_u8; 1024];
                let _read = stream.read(&mut request).await.unwrap();
                // Long enough for others to come in meanwhile.
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (url, count)
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[tokio::test]
    async fn many_calls_at_once_fetch_once_and_fresh_keys_are_kept() {
        let (url, count) = server(answer("200 OK", "", JWKS)).await;
        let fetched = Arc::new(Fetched::new(&url, hurry()).unwrap());
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let fetched = Arc::clone(&fetched);
                tokio::spawn(async move { fetched.current().await.is_ok() })
            })
            .collect();
        for call in calls {
            assert!(call.await.unwrap());
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn the_issuers_max_age_counts_within_bounds() {
        let (url, count) = server(answer("200 OK", "Cache-Control: public, max-age=0\r\n", JWKS)).await;
        let fetched = Fetched::new(&url, hurry()).unwrap();
        for _ in 0..3 {
            fetched.current().await.unwrap();
        }
        assert_eq!(count.load(Ordering::SeqCst), 3);
        let bounded = Fetched::new(
            &url,
            Pace {
                age_min: Duration::from_secs(60),
                ..hurry()
            },
        )
        .unwrap();
        for _ in 0..3 {
            bounded.current().await.unwrap();
        }
        assert_eq!(count.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn unknown_keys_do_not_hammer_the_issuer() {
        let (url, count) = server(answer("200 OK", "", JWKS)).await;
        let fetched = Fetched::new(
            &url,
            Pace {
                unknown_key: Duration::from_millis(300),
                ..hurry()
            },
        )
        .unwrap();
        let keys = fetched.current().await.unwrap();
        for _ in 0..10 {
            assert!(fetched.newer(&keys).await.unwrap().is_none());
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        tokio::time::sleep(Duration::from_millis(320)).await;
        // The issuer said the same again: these are the same keys, not new ones.
        assert!(Arc::ptr_eq(&fetched.newer(&keys).await.unwrap().unwrap(), &keys));
        assert_eq!(count.load(Ordering::SeqCst), 2);
        // Somebody with older keys gets the newer ones without another fetch.
        let older = Keys::parse(JWKS.replace("\"a\"", "\"b\"").into_bytes(), "", None).unwrap();
        assert!(fetched.newer(&older).await.unwrap().is_some());
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn bad_answers_are_errors_that_hide_the_query() {
        let large = "x".repeat(LIMIT + 1);
        let cases = [
            (answer("500 Oops", "", ""), "status 500"),
            (
                answer("302 Found", "location: http://127.0.0.1:1/\r\n", ""),
                "status 302",
            ),
            (answer("200 OK", "", &large), "bytes of keys"),
            (answer("200 OK", "", "<html>"), "is not a JSON Web Key Set"),
            (answer("200 OK", "", r#"{"keys":[]}"#), "has no public key"),
        ];
        for (answer, expected) in cases {
            let (url, count) = server(answer).await;
            let fetched = Fetched::new(
                &url,
                Pace {
                    retry: Duration::from_secs(60),
                    ..hurry()
                },
            )
            .unwrap();
            let error = fetched.current().await.err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("hidden"), "{error}");
            // And the next call does not try again at once.
            let error = fetched.current().await.err().unwrap().to_string();
            assert!(error.contains("last attempt"), "{error}");
            assert_eq!(count.load(Ordering::SeqCst), 1);
        }
    }

    #[tokio::test]
    async fn old_keys_serve_while_the_issuer_is_away() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let once = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0_u8; 1024];
            let _read = stream.read(&mut request).await.unwrap();
            stream
                .write_all(answer("200 OK", "cache-control: no-store\r\n", JWKS).as_bytes())
                .await
                .unwrap();
        });
        let fetched = Fetched::new(&url, hurry()).unwrap();
        let keys = fetched.current().await.unwrap();
        once.await.unwrap();
        assert!(Arc::ptr_eq(&keys, &fetched.current().await.unwrap()));
        let strict = Pace {
            grace: Duration::ZERO,
            ..hurry()
        };
        assert!(Fetched::new(&url, strict).unwrap().current().await.is_err());
    }

    #[test]
    fn only_urls_nobody_can_tamper_with_are_taken() {
        for good in [
            "https://issuer.test/jwks",
            "http://127.0.0.1:8080/",
            "http://[::1]/",
            "http://localhost/k",
        ] {
            assert!(Fetched::new(good, hurry()).is_ok(), "{good}");
        }
        let bad = [
            "http://issuer.test/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https://user:hidden@issuer.test/",
            "http://localhost.issuer.test/",
            "http://127.0.0.1.issuer.test/",
            "no url",
            "",
        ];
        for bad in bad {
            let error = Fetched::new(bad, hurry())
                .err()
                .unwrap_or_else(|| panic!("took {bad}"))
                .to_string();
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
