//! From a description in English or Spanish to an intent, by a closed grammar: every word that means something is
//! consumed by a rule, or it is reported. Nothing is guessed from likeness; what is near is only suggested.

use std::collections::BTreeMap;

use super::build::{Builder, copies};
use super::classify::{Item, What, items};
use super::frame::{Frame, Hearing, hear};
use super::guard::guard;
use super::lexicon::{Kind, Lexicon};
use super::placement::place;
use super::settle::settle;
use super::sort::Sorted;
use super::token::normalise;
use super::{Catalogue, Intent, Origin, Place, Refusal, Resource, language};

/// The most characters of a description that are read.
const LIMIT: usize = 4_000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The description.
    pub text: &'a str,
    /// The provider, if the caller names it apart.
    pub provider: Option<&'a str>,
    /// What is wanted, if the caller names it apart.
    pub resource: Option<Resource>,
    /// Whether to go on in spite of words that are not understood.
    pub partial: bool,
}

/// What was understood.
#[derive(Debug, Clone)]
pub struct Understood {
    /// The intent; none if words are left that were not understood and the request does not allow that.
    pub intent: Option<Intent>,
    /// Where each value comes from, by its path in the intent, such as `clusters.0.cni`.
    pub origins: BTreeMap<String, Origin>,
    /// What nobody said.
    pub assumptions: Vec<Assumption>,
    /// Words that no rule took.
    pub not_understood: Vec<NotUnderstood>,
}

/// A value that nobody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumption {
    /// Its path in the intent.
    pub path: String,
    /// The value.
    pub value: String,
    /// Why it was taken.
    pub why: String,
}

/// Words that no rule took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// The words.
    pub text: String,
    /// Where they stand.
    pub place: Place,
    /// Why they mean nothing here.
    pub reason: Reason,
    /// What may have been meant.
    pub suggestions: Vec<String>,
}

/// Why words are not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nobody knows the word.
    UnknownWord,
    /// The word is known, but not what it is to do here.
    OutOfPlace,
    /// It cannot be said in a description; what to do instead.
    Unsaid(&'static str),
    /// Nothing in the description has such a value; these have.
    NotOf(Vec<&'static str>),
}

/// What `request` asks for.
///
/// # Errors
/// A [`Refusal`] says what cannot be read, contradicts itself, is unknown or is missing.
pub fn understand(
    request: &Request<'_>,
    lexicon: &Lexicon,
    catalogue: &Catalogue,
) -> Result<Understood, Refusal> {
    bounded(request.text)?;
    let mut items = items(request.text, lexicon, catalogue);
    guard(&mut items);
    adopt(&mut items, request.provider, catalogue);
    let hearing = hear(&items, lexicon);
    language::check(request.text, &items, &hearing.left, lexicon)?;
    strange(&items, &hearing.left, catalogue)?;
    let sorted = hearing.frames(lexicon, request.resource)?;
    let not_understood = left(&items, &hearing, &sorted, lexicon, catalogue);
    if not_understood.is_empty() || request.partial {
        scope(&items, &hearing.left)?;
        return build(request, &sorted, not_understood, catalogue);
    }
    // The interpretation so far is worth showing, and its own mistakes are not what is wrong first.
    let so_far = build(request, &sorted, Vec::new(), catalogue);
    let (origins, assumptions) = so_far.map_or_else(
        |_| (BTreeMap::new(), Vec::new()),
        |understood| (understood.origins, understood.assumptions),
    );
    Ok(Understood {
        intent: None,
        origins,
        assumptions,
        not_understood,
    })
}

pub(super) fn bounded(text: &str) -> Result<(), Refusal> {
    // Bytes first: counting the characters of a huge text is work for nothing.
    if text.len() > LIMIT * 4 || text.chars().count() > LIMIT {
        return Err(Refusal::TooLong {
            characters: text.chars().count(),
            limit: LIMIT,
        });
    }
    if text
        .chars()
        .all(|character| character.is_whitespace() || character.is_control())
    {
        return Err(Refusal::Empty);
    }
    Ok(())
}

/// Takes what looks like a region or a plan for one, where the provider has no list of them.
fn adopt(items: &mut [Item<'_>], given: Option<&str>, catalogue: &Catalogue) {
    let said = items.iter().find_map(|item| match &item.what {
        What::Provider(name) => Some(name.as_str()),
        _ => None,
    });
    let provider = said.or(given).and_then(|name| catalogue.book().provider(name));
    let Some(provider) = provider else { return };
    let (regions, plans) = (Catalogue::any_region(provider), Catalogue::any_plan(provider));
    for item in items {
        match item.what {
            What::Strange("region") if regions => item.what = What::Region(normalise(&item.text)),
            What::Strange("plan") if plans => item.what = What::Plan(item.text.clone()),
            _ => {}
        }
    }
}

/// Refuses what looks like a region or a plan and is none.
fn strange(items: &[Item<'_>], left: &[usize], catalogue: &Catalogue) -> Result<(), Refusal> {
    let mut found = left
        .iter()
        .filter_map(|at| items.get(*at))
        .filter_map(|item| match item.what {
            What::Strange(what) => Some((what, item)),
            _ => None,
        });
    let Some((what, item)) = found.next() else {
        return Ok(());
    };
    let provider = items.iter().find_map(|item| match &item.what {
        What::Provider(name) => catalogue.book().provider(name),
        _ => None,
    });
    let of = |known: &&crate::cost::Provider| provider.is_none_or(|provider| provider.name == known.name);
    let written = normalise(&item.text);
    let mut near: Vec<(f64, String)> = catalogue
        .providers()
        .filter(of)
        .flat_map(|provider| -> Vec<String> {
            if what == "region" {
                provider.regions.keys().cloned().collect()
            } else {
                catalogue
                    .book()
                    .plans(provider)
                    .map(|plan| plan.sku.clone())
                    .collect()
            }
        })
        .map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &written), known))
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    // A provider has hundreds of plans; the nearest are enough.
    let most = if what == "region" { 60 } else { 12 };
    let suggestion = near
        .first()
        .filter(|(score, _)| *score > 0.8)
        .map(|(_, known)| known.clone());
    Err(Refusal::UnknownValue {
        what,
        of: provider.map(|provider| provider.name.clone()),
        text: item.text.clone(),
        place: item.place,
        valid: near.into_iter().take(most).map(|(_, known)| known).collect(),
        suggestion,
    })
}

/// Refuses a word that would turn the request around if it were passed over.
fn scope(items: &[Item<'_>], left: &[usize]) -> Result<(), Refusal> {
    let turning = left
        .iter()
        .filter_map(|at| items.get(*at))
        .find(|item| match &item.what {
            What::Concept(concept) => matches!(concept.kind, Kind::Negation | Kind::Scope),
            What::Unsaid(_) => true,
            _ => false,
        });
    turning.map_or(Ok(()), |item| {
        Err(Refusal::Scope {
            text: item.text.clone(),
            place: item.place,
        })
    })
}

fn left(
    items: &[Item<'_>],
    hearing: &Hearing,
    sorted: &Sorted,
    lexicon: &Lexicon,
    catalogue: &Catalogue,
) -> Vec<NotUnderstood> {
    let words = hearing.left.iter().filter_map(|at| items.get(*at)).map(|item| {
        let known = !matches!(item.what, What::Word | What::Text | What::Pair | What::Strange(_));
        NotUnderstood {
            text: item.text.clone(),
            place: item.place,
            reason: match item.what {
                What::Unsaid(why) => Reason::Unsaid(why),
                _ if known => Reason::OutOfPlace,
                _ => Reason::UnknownWord,
            },
            suggestions: if known {
                Vec::new()
            } else {
                suggestions(&item.text, lexicon, catalogue)
            },
        }
    });
    let strays = sorted.strays.iter().map(|stray| NotUnderstood {
        text: stray.heard.text.clone(),
        place: stray.heard.place,
        reason: stray.reason.clone(),
        suggestions: Vec::new(),
    });
    let mut all: Vec<NotUnderstood> = words.chain(strays).collect();
    all.sort_by_key(|words| words.place);
    all.dedup_by(|right, left| right.place == left.place);
    all
}

/// Known words that are near.
fn suggestions(word: &str, lexicon: &Lexicon, catalogue: &Catalogue) -> Vec<String> {
    let word = normalise(word);
    let regions = catalogue.providers().flat_map(|provider| provider.regions.keys());
    let mut near: Vec<(f64, &str)> = lexicon
        .phrases()
        .chain(regions.map(String::as_str))
        .filter(|known| known.len() > 2)
        .map(|known| (strsim::jaro_winkler(known, &word), known))
        .filter(|(score, _)| *score > 0.88)
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    near.into_iter()
        .take(3)
        .map(|(_, known)| known.to_owned())
        .collect()
}

/// Makes the intent and holds it to the rules.
fn build(
    request: &Request<'_>,
    sorted: &Sorted,
    not_understood: Vec<NotUnderstood>,
    catalogue: &Catalogue,
) -> Result<Understood, Refusal> {
    wanted(&sorted.frames, request.resource)?;
    let settled = settle(&sorted.global, &sorted.frames, request.provider, catalogue)?;
    let mut builder = Builder {
        catalogue,
        provider: settled.provider,
        origins: BTreeMap::from([
            ("provider".to_owned(), settled.provider_origin),
            ("region".to_owned(), settled.region_origin),
        ]),
        assumptions: settled.assumptions,
        names: Vec::new(),
    };
    let mut intent = Intent {
        provider: settled.provider.name.clone(),
        region: settled.region,
        environment: builder.environment(&sorted.global),
        tags: builder.tags(&sorted.global)?,
        budget: builder.budget(&sorted.global),
        ..Intent::default()
    };
    for frame in &sorted.frames {
        for _ in 0..copies(frame)? {
            add(&mut intent, frame, &mut builder)?;
        }
    }
    place(&mut intent, &mut builder);
    builder.attach(&mut intent);
    guard_ports(&mut intent);
    let problems = intent.check(builder.catalogue);
    if !problems.is_empty() {
        return Err(Refusal::Invalid { problems });
    }
    Ok(Understood {
        intent: Some(intent),
        origins: builder.origins,
        assumptions: builder.assumptions,
        not_understood,
    })
}

fn add(intent: &mut Intent, frame: &Frame, builder: &mut Builder<'_>) -> Result<(), Refusal> {
    match frame.resource {
        Resource::Server => {
            let server = builder.server(frame, intent.servers.len())?;
            intent.servers.push(server);
        }
        Resource::Cluster => {
            let cluster = builder.cluster(frame, intent.clusters.len())?;
            intent.clusters.push(cluster);
        }
        Resource::Database => {
            let database = builder.database(frame, intent.databases.len())?;
            intent.databases.push(database);
        }
        Resource::Network => intent.network = Some(builder.network(frame)),
        Resource::Cache => {
            let cache = builder.cache(frame, intent.caches.len())?;
            intent.caches.push(cache);
        }
        Resource::Bucket => {
            let bucket = builder.bucket(frame, intent.buckets.len())?;
            intent.buckets.push(bucket);
        }
        Resource::Volume => {
            let volume = builder.volume(frame, intent.volumes.len())?;
            intent.volumes.push(volume);
        }
        Resource::Monitoring => intent.monitoring = Some(builder.monitoring(frame)),
    }
    Ok(())
}

/// Checks that there is something, and what the caller wants.
fn wanted(frames: &[Frame], resource: Option<Resource>) -> Result<(), Refusal> {
    let first = frames.first().ok_or_else(|| Refusal::NoResource {
        valid: Resource::ALL
            .iter()
            .map(|resource| resource.name().to_owned())
            .collect(),
    })?;
    match resource.filter(|resource| frames.iter().all(|frame| frame.resource != *resource)) {
        Some(resource) => Err(Refusal::Contradiction {
            what: "resource type".to_owned(),
            first: resource.name().to_owned(),
            second: first.resource.name().to_owned(),
            place: None,
        }),
        None => Ok(()),
    }
}

/// Open ports mean the servers: they are members of the group that opens them.
pub(crate) fn guard_ports(intent: &mut Intent) {
    let open = intent
        .network
        .as_ref()
        .is_some_and(|network| !network.open_ports.is_empty());
    if open {
        for server in &mut intent.servers {
            server.security_groups.push(OPEN_GROUP.to_owned());
        }
    }
}

/// The security group that opens ports.
pub(crate) const OPEN_GROUP: &str = "open-ports";
