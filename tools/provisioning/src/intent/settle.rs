//! Which provider and which region: as said, as given, as a plan or a place implies, or as the catalogue has by default.

use super::frame::{Frame, Heard, Slots, Value};
use super::lexicon::key;
use super::{Assumption, Catalogue, Origin, Refusal};
use crate::cost::Provider;

/// Where everything runs, and how that is known.
pub(super) struct Settled<'c> {
    pub(super) provider: &'c Provider,
    pub(super) region: String,
    pub(super) provider_origin: Origin,
    pub(super) region_origin: Origin,
    pub(super) assumptions: Vec<Assumption>,
}

/// Settles both from what was said of the whole (`global`) and of the `frames`, and the provider that the caller gave.
pub(super) fn settle<'c>(
    global: &Slots,
    frames: &[Frame],
    given: Option<&str>,
    catalogue: &'c Catalogue,
) -> Result<Settled<'c>, Refusal> {
    let mut assumptions = Vec::new();
    let region = first(global, "region");
    let town = first(global, "town");
    let plan = frames.iter().find_map(|frame| first(&frame.slots, "plan"));
    let (provider, provider_origin) = match named(global, given, catalogue)? {
        Some(named) => named,
        None => {
            let (provider, heard, why) = implied(region, town, plan, catalogue)?;
            assumptions.push(Assumption {
                path: "provider".to_owned(),
                value: provider.name.clone(),
                why: format!("only {} has {why}", provider.name),
            });
            (provider, said(heard))
        }
    };
    if let Some(plan) = plan {
        of_provider(plan, provider, catalogue)?;
    }
    let (region, region_origin) = match (region, town) {
        (Some(region), town) => {
            let name = own_region(region, provider)?;
            if let Some(town) = town
                && !in_town(provider, text(town)).contains(&name)
            {
                return Err(Refusal::Contradiction {
                    what: "region".to_owned(),
                    first: region.text.clone(),
                    second: town.text.clone(),
                    place: Some(town.place),
                });
            }
            (name, said(region))
        }
        (None, Some(town)) => {
            let regions = in_town(provider, text(town));
            let region = choose(&regions, provider).ok_or_else(|| unknown_region(town, provider))?;
            if regions.len() > 1 {
                assumptions.push(Assumption {
                    path: "region".to_owned(),
                    value: region.clone(),
                    why: format!(
                        "{} has {} regions there: {}",
                        provider.name,
                        regions.len(),
                        regions.join(", ")
                    ),
                });
            }
            (region, said(town))
        }
        (None, None) if provider.default_region.is_empty() => {
            return Err(Refusal::Missing {
                what: format!("region of {}", provider.name),
                valid: provider.regions.keys().cloned().collect(),
            });
        }
        (None, None) => {
            if provider.regions.len() > 1 {
                assumptions.push(Assumption {
                    path: "region".to_owned(),
                    value: provider.default_region.clone(),
                    why: format!(
                        "no region is named, and this is the usual one of {}",
                        provider.name
                    ),
                });
            }
            (provider.default_region.clone(), Origin::Assumed)
        }
    };
    Ok(Settled {
        provider,
        region,
        provider_origin,
        region_origin,
        assumptions,
    })
}

/// The provider that was said or given.
fn named<'c>(
    global: &Slots,
    given: Option<&str>,
    catalogue: &'c Catalogue,
) -> Result<Option<(&'c Provider, Origin)>, Refusal> {
    let heard = first(global, "provider");
    let name = match (heard, given) {
        (Some(heard), Some(given)) if text(heard) != given => {
            return Err(Refusal::Contradiction {
                what: "provider".to_owned(),
                first: given.to_owned(),
                second: heard.text.clone(),
                place: Some(heard.place),
            });
        }
        (Some(heard), _) => text(heard),
        (None, Some(given)) => given,
        (None, None) => return Ok(None),
    };
    let provider = catalogue.book().provider(name).ok_or_else(|| Refusal::Missing {
        what: format!("provider: `{name}` is not known"),
        valid: catalogue.provider_names(),
    })?;
    Ok(Some((provider, heard.map_or(Origin::Assumed, said))))
}

/// The only provider that has the region, the place or the plan.
fn implied<'c, 'h>(
    region: Option<&'h Heard>,
    town: Option<&'h Heard>,
    plan: Option<&'h Heard>,
    catalogue: &'c Catalogue,
) -> Result<(&'c Provider, &'h Heard, String), Refusal> {
    let missing = |having: Vec<&Provider>| Refusal::Missing {
        what: "provider".to_owned(),
        valid: if having.is_empty() {
            catalogue.provider_names()
        } else {
            having.iter().map(|provider| provider.name.clone()).collect()
        },
    };
    if let Some(plan) = plan {
        let (provider, _) = catalogue.plan(text(plan)).ok_or_else(|| missing(Vec::new()))?;
        return Ok((provider, plan, format!("the plan `{}`", text(plan))));
    }
    let heard = region.or(town).ok_or_else(|| missing(Vec::new()))?;
    let having: Vec<&Provider> = catalogue
        .providers()
        .filter(|provider| match region {
            Some(region) => provider.regions.contains_key(text(region)),
            None => !in_town(provider, text(heard)).is_empty(),
        })
        .collect();
    match having.as_slice() {
        [provider] => Ok((provider, heard, format!("a region `{}`", text(heard)))),
        _ => Err(missing(having)),
    }
}

fn of_provider(plan: &Heard, provider: &Provider, catalogue: &Catalogue) -> Result<(), Refusal> {
    let sku = text(plan);
    if catalogue.plan_of(provider, sku).is_some() || Catalogue::any_plan(provider) {
        return Ok(());
    }
    let mut near: Vec<(f64, String)> = catalogue
        .book()
        .plans(provider)
        .map(|known| {
            (
                strsim::jaro_winkler(&known.sku.to_lowercase(), &sku.to_lowercase()),
                known.sku.clone(),
            )
        })
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0));
    let valid: Vec<String> = near.into_iter().take(8).map(|(_, sku)| sku).collect();
    Err(Refusal::UnknownValue {
        what: "plan",
        of: Some(provider.name.clone()),
        text: plan.text.clone(),
        place: plan.place,
        suggestion: valid.first().cloned(),
        valid: valid.into(),
    })
}

fn own_region(region: &Heard, provider: &Provider) -> Result<String, Refusal> {
    let name = text(region);
    if provider.regions.contains_key(name) || Catalogue::any_region(provider) {
        Ok(name.to_owned())
    } else {
        Err(unknown_region(region, provider))
    }
}

fn unknown_region(heard: &Heard, provider: &Provider) -> Refusal {
    let name = text(heard);
    let near = provider
        .regions
        .keys()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    Refusal::UnknownValue {
        what: "region",
        of: Some(provider.name.clone()),
        text: heard.text.clone(),
        place: heard.place,
        valid: provider.regions.keys().cloned().collect(),
        suggestion: near.map(|(_, known)| known.clone()),
    }
}

/// Regions of `provider` in the town, whose title may carry a number.
fn in_town(provider: &Provider, town: &str) -> Vec<String> {
    let wanted = key(town);
    let is = |title: &String| {
        let title = key(title);
        title == wanted || title.trim_end_matches(|last: char| last.is_ascii_digit() || last == ' ') == wanted
    };
    let regions = provider.regions.iter().filter(|(_, title)| is(title));
    regions.map(|(region, _)| region.clone()).collect()
}

fn choose(regions: &[String], provider: &Provider) -> Option<String> {
    let usual = regions.iter().find(|region| **region == provider.default_region);
    usual.or_else(|| regions.first()).cloned()
}

fn first<'h>(slots: &'h Slots, name: &str) -> Option<&'h Heard> {
    slots.get(name).and_then(|heard| heard.first())
}

/// The text of what was heard; numbers and flags are no names.
fn text(heard: &Heard) -> &str {
    match &heard.value {
        Value::Text(text) => text,
        Value::Number(_) | Value::Flag(_) => "",
    }
}

fn said(heard: &Heard) -> Origin {
    Origin::Said {
        place: heard.place,
        text: heard.text.clone(),
    }
}
