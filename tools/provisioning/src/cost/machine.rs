//! What machines cost: the plan, the storage beyond it, the public address.

use super::configuration::{self, Part, amount, text};
use super::plan::{self, Plan, Rate};
use super::sheet::{self, Item, Sheet};
use super::site::{Site, Sites};
use super::{Address, Charge, Error, Found, Money, Needs, Provider, Reason, Unit};

/// Machines that are alike.
pub(crate) struct Machines<'a> {
    pub(crate) resource: &'a Address,
    /// What they are within the resource, such as `workers`; empty for a server.
    pub(crate) role: &'a str,
    /// How many.
    pub(crate) count: u64,
    /// What each must have.
    pub(crate) needs: Needs,
    /// The plan that the configuration names, and the field that does.
    pub(crate) plan: Option<(String, String)>,
    /// Whether each has a public IPv4 address.
    pub(crate) public_ip: bool,
    /// What is to be said with the price of the machines.
    pub(crate) assumptions: Vec<String>,
}

/// Prices a server of the configuration.
pub(crate) fn server(sheet: &mut Sheet<'_>, sites: &Sites<'_>, part: &Part<'_>) -> Result<(), Error> {
    let site = sites.of(sheet, part)?;
    let path = &part.address.path;
    let plan = ["plan", "spec.plan"]
        .into_iter()
        .find_map(|field| text(part.node, field).map(|plan| (format!("{path}.{field}"), plan.to_owned())));
    let machines = Machines {
        resource: &part.address,
        role: "",
        count: amount(part.node, path, "count", 1)?.unwrap_or(1),
        needs: configuration::needs(part.node, path, plan.is_some())?,
        plan,
        public_ip: part
            .node
            .at("networking.public_ip")
            .and_then(crate::Node::bool)
            .unwrap_or(false),
        assumptions: Vec::new(),
    };
    price(sheet, &site, machines).map(|_| ())
}

/// Prices `machines`. The answer is the rate of one of them, where there is one.
pub(crate) fn price(
    sheet: &mut Sheet<'_>,
    site: &Site<'_>,
    machines: Machines<'_>,
) -> Result<Option<Rate>, Error> {
    if machines.count == 0 {
        sheet.free(
            machines.resource,
            &component(machines.role, "instances"),
            "the count is 0",
        );
        return Ok(None);
    }
    match site.provider.charge {
        Charge::Plans => by_plan(sheet, site, machines),
        Charge::Parts => by_parts(sheet, site, &machines).map(|()| None),
        Charge::Unknown => {
            let detail = sheet::no_lists(site.provider);
            let name = component(machines.role, "instances");
            sheet.unpriced(machines.resource, &name, Reason::NoPrice, detail, Vec::new());
            Ok(None)
        }
    }
}

fn by_plan(
    sheet: &mut Sheet<'_>,
    site: &Site<'_>,
    mut machines: Machines<'_>,
) -> Result<Option<Rate>, Error> {
    let Some(chosen) = chosen(sheet, site, &mut machines)? else {
        let Needs { vcpu, memory_mib, .. } = machines.needs;
        let detail = format!(
            "no default plan of {} has {vcpu} vCPU and {}; name a `plan`",
            site.provider.name,
            plan::gib(memory_mib)
        );
        sheet.unpriced(
            machines.resource,
            &component(machines.role, "instances"),
            Reason::NoPlan,
            detail,
            Vec::new(),
        );
        return Ok(None);
    };
    let mut said = std::mem::take(&mut machines.assumptions);
    let name = component(machines.role, "instances");
    said.extend(site.provider.hours_note.clone());
    if let Some(plan) = &chosen.plan {
        said.extend(included(site.provider, plan, &machines));
    }
    match &chosen.rate {
        Some(rate) => {
            said.extend(rate.notes.clone());
            let count = i128::from(machines.count);
            let item = Item {
                resource: machines.resource,
                component: name,
                sku: &chosen.sku,
                quantity: rate.quantity.checked_mul(count),
                count,
            };
            sheet.line(site, item, rate.found.clone(), said)?;
        }
        None => sheet.no_price(site, machines.resource, &name, &quoted(&chosen.sku), &chosen.sku),
    }
    storage(sheet, site, &machines, chosen.plan.as_ref())?;
    address(sheet, site, &machines, chosen.plan.as_ref())?;
    Ok(chosen.rate)
}

/// A plan, named or taken.
struct Chosen {
    sku: String,
    /// Absent if only its price is known.
    plan: Option<Plan>,
    rate: Option<Rate>,
}

/// The plan that `machines` name, or the cheapest that fits; `None` if none fits.
fn chosen(sheet: &Sheet<'_>, site: &Site<'_>, machines: &mut Machines<'_>) -> Result<Option<Chosen>, Error> {
    let (book, provider) = (sheet.book, site.provider);
    let Some((path, sku)) = machines.plan.take() else {
        let Some(choice) = plan::choose(book, provider, &site.region, &machines.needs, sheet.date) else {
            return Ok(None);
        };
        machines.assumptions.push(choice.assumption);
        return Ok(Some(Chosen {
            sku: choice.plan.sku.clone(),
            plan: Some(choice.plan),
            rate: choice.rate,
        }));
    };
    let named = || {
        if provider.named_by_size {
            Plan::from_name(&sku)
        } else {
            None
        }
    };
    let plan = book.plan(provider, &sku).cloned().or_else(named);
    if plan.is_none() && !book.has_price(provider, &sku) {
        return Err(Error::UnknownPlan {
            path,
            provider: provider.name.clone(),
            listed: book.plans_listed(provider),
            suggestion: book.nearest_plan(provider, &sku),
            plan: sku,
        });
    }
    if let Some(plan) = plan.as_ref().filter(|plan| !plan.fits(&machines.needs)) {
        machines.assumptions.push(format!(
            "the plan stands above `spec`, which asks for {} vCPU and {}: {}",
            machines.needs.vcpu,
            plan::gib(machines.needs.memory_mib),
            plan.described()
        ));
    }
    let rate = plan::rate(book, provider, &site.region, &sku, sheet.date);
    Ok(Some(Chosen { sku, plan, rate }))
}

/// What the price of `plan` covers and what it does not.
fn included(provider: &Provider, plan: &Plan, machines: &Machines<'_>) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(disk @ 1..) = plan.disk_gb {
        said.push(format!("the plan includes {disk} GB of storage"));
    }
    if machines.public_ip && matches!(plan.addresses, Some(1..)) {
        said.push("the plan includes a public IPv4 address".to_owned());
    }
    if provider.burstable.contains(&plan.family) {
        said.push("burstable: processor time above the baseline is not estimated".to_owned());
    }
    said
}

/// Storage beyond what the plan includes.
fn storage(
    sheet: &mut Sheet<'_>,
    site: &Site<'_>,
    machines: &Machines<'_>,
    plan: Option<&Plan>,
) -> Result<(), Error> {
    let (Some(sku), disk @ 1..) = (&site.provider.disk, machines.needs.disk_gb) else {
        return Ok(());
    };
    let name = component(machines.role, "storage");
    let Some(included) = plan.and_then(|plan| plan.disk_gb) else {
        let detail = format!("how much of the {disk} GB the plan includes is not known");
        let known = sheet.book.known(site.provider, sku, &site.region, sheet.date);
        sheet.unpriced(machines.resource, &name, Reason::NoRule, detail, known);
        return Ok(());
    };
    let beyond = disk.saturating_sub(included);
    if beyond == 0 {
        return Ok(());
    }
    let Some(found) = sheet
        .book
        .find(site.provider, sku, &site.region, Unit::GbMonth, sheet.date)
    else {
        sheet.no_price(site, machines.resource, &name, &quoted(sku), sku);
        return Ok(());
    };
    let count = i128::from(machines.count);
    let quantity = i128::from(beyond).checked_mul(count);
    let item = Item {
        resource: machines.resource,
        component: name,
        sku,
        quantity,
        count,
    };
    sheet.line(
        site,
        item,
        found,
        site.provider.disk_note.clone().into_iter().collect(),
    )
}

/// Public addresses that the plan does not include.
fn address(
    sheet: &mut Sheet<'_>,
    site: &Site<'_>,
    machines: &Machines<'_>,
    plan: Option<&Plan>,
) -> Result<(), Error> {
    let covered = plan
        .and_then(|plan| plan.addresses)
        .is_some_and(|addresses| addresses > 0);
    let Some(sku) = site
        .provider
        .address
        .as_ref()
        .filter(|_| machines.public_ip && !covered)
    else {
        return Ok(());
    };
    let name = component(machines.role, "public IPv4");
    let Some(rate) = plan::rate(sheet.book, site.provider, &site.region, sku, sheet.date) else {
        sheet.no_price(site, machines.resource, &name, &quoted(sku), sku);
        return Ok(());
    };
    let count = i128::from(machines.count);
    let quantity = rate.quantity.checked_mul(count);
    let item = Item {
        resource: machines.resource,
        component: name,
        sku,
        quantity,
        count,
    };
    sheet.line(site, item, rate.found, rate.notes)
}

/// Processors, memory and disk, each at its own rate: own machines, for which the rate mostly is nothing.
fn by_parts(sheet: &mut Sheet<'_>, site: &Site<'_>, machines: &Machines<'_>) -> Result<(), Error> {
    let Needs {
        vcpu,
        memory_mib,
        disk_gb,
    } = machines.needs;
    let count = i128::from(machines.count);
    let hours = site.provider.hours;
    let parts = [
        ("vcpu", Unit::VcpuHour, i128::from(vcpu), hours),
        (
            "memory",
            Unit::GibHour,
            i128::from(memory_mib.div_ceil(1024)),
            hours,
        ),
        ("disk", Unit::GbMonth, i128::from(disk_gb), 1),
    ];
    let mut priced: Vec<(&str, Option<i128>, Found)> = Vec::new();
    for (sku, unit, amount, periods) in parts {
        match sheet
            .book
            .find(site.provider, sku, &site.region, unit, sheet.date)
        {
            Some(found) => {
                let quantity = amount.checked_mul(periods).and_then(|one| one.checked_mul(count));
                priced.push((sku, quantity, found));
            }
            None => {
                let name = component(machines.role, shown(sku));
                sheet.no_price(site, machines.resource, &name, &quoted(sku), sku);
            }
        }
    }
    if priced.len() == 3 && priced.iter().all(|(_, _, found)| found.price == Money::ZERO) {
        let reason = format!("{}: no provider bills them", site.provider.title);
        sheet.free(machines.resource, &component(machines.role, "instances"), &reason);
        return Ok(());
    }
    for (sku, quantity, found) in priced {
        let item = Item {
            resource: machines.resource,
            component: component(machines.role, shown(sku)),
            sku,
            quantity,
            count,
        };
        sheet.line(site, item, found, machines.assumptions.clone())?;
    }
    Ok(())
}

/// A sku as people see it in a sentence.
fn quoted(sku: &str) -> String {
    format!("`{sku}`")
}

/// What a part of an own machine is called.
fn shown(sku: &str) -> &str {
    match sku {
        "vcpu" => "vCPU",
        other => other,
    }
}

/// `what` of the machines in a role.
fn component(role: &str, what: &str) -> String {
    match (role, what) {
        ("", "instances") => "instance".to_owned(),
        ("", what) => what.to_owned(),
        (role, "instances") => role.to_owned(),
        (role, what) => format!("{role} {what}"),
    }
}
