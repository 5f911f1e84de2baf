//! Networks are routers: what joins the private networks that subnets are. A router has no addresses of its own.

use std::time::Duration;

use provisioning::provider::{Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind};
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::error::{Effect, Failure};
use crate::json;
use crate::labels;
use crate::site::{self, Site, Which};

pub(crate) const SUPPORT: Support = Support {
    in_place: &["tags"],
    unread: &["cidr"],
    visible_after: Duration::from_secs(10),
    twins: true,
};

pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    let labels = labels::list(&labels::of(order)?);
    let body = json!({"router": {"name": order.name, "labels": labels}});
    let answer = site.client.post("/router", &body).await?;
    let id = json::text(&answer, "router/uuid").map(str::to_owned);
    id.ok_or_else(|| Failure::lost(Effect::Change, "the answer has no `uuid`"))
}

/// A router is complete when it is made.
pub(crate) async fn finish(_site: &Site<'_>, _id: &str, _order: &Order) -> Result<(), Failure> {
    Ok(())
}

pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    if let Which::Id(id) = which {
        let answer = site.client.get(&format!("/router/{}", site::id(id)?)).await?;
        return Ok(json::at(&answer, "router")
            .and_then(observed)
            .into_iter()
            .collect());
    }
    let answer = site.client.get(&format!("/router{}", which.filter())).await?;
    Ok(json::items(&answer, "routers")
        .iter()
        .filter_map(observed)
        .collect())
}

fn observed(router: &Json) -> Option<Observed> {
    let labels = labels::read(router);
    Some(Observed {
        kind: Kind::Network,
        id: json::text(router, "uuid")?.to_owned(),
        name: json::text(router, "name").unwrap_or_default().to_owned(),
        status: Status::Ready,
        attributes: Attributes::from([("tags".to_owned(), labels::attribute(&labels))]),
        computed: Attributes::new(),
        marker: labels::marker(&labels),
    })
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    _changed: &[String],
) -> Result<(), Failure> {
    let body = json!({"router": {"labels": labels::list(&labels::of(order)?)}});
    site.client
        .change(Method::PATCH, &format!("/router/{}", site::id(id)?), &body)
        .await?;
    Ok(())
}

pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    site.client.delete(&format!("/router/{}", site::id(id)?)).await
}
