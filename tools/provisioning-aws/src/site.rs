//! The account in one region: calls of each protocol, and every page of a list.

use provisioning::provider::{Class, Observed};
use reqwest::Method;

use crate::client::{Client, Reply, Request, Service};
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::settings::Settings;
use crate::tags;
use crate::xml::Element;

/// Most pages of a list. A provider that never stops must not keep us for ever.
const PAGES: usize = 2_000;

/// Where calls go.
pub(crate) struct Site<'a> {
    pub(crate) client: &'a Client,
    pub(crate) settings: &'a Settings,
    pub(crate) region: &'a str,
}

/// Which resources of a kind are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which<'a> {
    /// The one with this id.
    Id(&'a str),
    /// Those with this marker.
    Marker(&'a str),
    /// Those that a workspace made.
    Workspace(&'a str),
    /// All there are.
    All,
}

impl Which<'_> {
    /// As a filter of EC2, where an id is called `id`.
    pub(crate) fn form(self, id: &str) -> Form {
        let by_tag = |tag: &str, value: &str| Form::new().filters(&[(&format!("tag:{tag}"), &[value])]);
        match self {
            Self::Id(value) => Form::new().filters(&[(id, &[value])]),
            Self::Marker(value) => by_tag(tags::ID, value),
            Self::Workspace(value) => by_tag(tags::WORKSPACE, value),
            Self::All => Form::new(),
        }
    }

    /// Whether `observed` is one of them: for the services that cannot filter, and for filters that take `*`.
    pub(crate) fn fits(self, observed: &Observed) -> bool {
        let marker = observed.marker.as_ref();
        match self {
            Self::Id(id) => observed.id == id,
            Self::Marker(id) => marker.is_some_and(|marker| marker.id == id),
            Self::Workspace(workspace) => marker.is_some_and(|marker| marker.workspace == workspace),
            Self::All => true,
        }
    }
}

impl Site<'_> {
    /// One call of the Query protocol.
    pub(crate) async fn call(
        &self,
        service: Service,
        action: &str,
        form: Form,
        effect: Effect,
    ) -> Result<Element, Failure> {
        let whole = Form::new()
            .with("Action", action)
            .with("Version", service.version());
        let whole = form
            .fields()
            .iter()
            .fold(whole, |whole, (name, value)| whole.with(name, value));
        let request = Request {
            service,
            region: self.region,
            method: Method::POST,
            target: "/".to_owned(),
            body: whole.encode(),
            content_type: "application/x-www-form-urlencoded; charset=utf-8",
            effect,
        };
        let reply = self.client.send(request).await?;
        query::decode(&reply, effect, &format!("{}:{action}", service.name()))
    }

    /// The elements of the list at `list` on every page.
    pub(crate) async fn pages(
        &self,
        service: Service,
        action: &str,
        form: Form,
        list: &str,
    ) -> Result<Vec<Element>, Failure> {
        let paging = Paging::of(service, self.settings.page);
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let page = form
                .clone()
                .with(paging.size, paging.items.to_string())
                .maybe(paging.ask, token);
            let answer = self.call(service, action, page, Effect::Read).await?;
            found.extend_from_slice(answer.items(list));
            token = answer.text(paging.answer).map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(Failure::new(
            Class::Permanent,
            format!("`{action}` has more than {PAGES} pages"),
        ))
    }

    /// One call of S3. `target` is a quoted path and query; `permission` what a policy must allow.
    pub(crate) async fn s3(
        &self,
        method: Method,
        target: String,
        body: String,
        permission: &str,
    ) -> Result<Reply, Failure> {
        let read = method == Method::GET;
        let effect = if read { Effect::Read } else { Effect::Change };
        let content_type = if body.starts_with('{') {
            "application/json"
        } else {
            "application/xml"
        };
        let request = Request {
            service: Service::S3,
            region: self.region,
            method,
            target,
            body: body.into_bytes(),
            content_type,
            effect,
        };
        let reply = self.client.send(request).await?;
        if (200..300).contains(&reply.status) {
            Ok(reply)
        } else {
            Err(query::refused(&reply, effect, permission))
        }
    }
}

/// How a service counts pages.
struct Paging {
    size: &'static str,
    items: u16,
    ask: &'static str,
    answer: &'static str,
}

impl Paging {
    fn of(service: Service, page: u16) -> Self {
        match service {
            Service::Rds => Self {
                size: "MaxRecords",
                items: page.clamp(20, 100),
                ask: "Marker",
                answer: "DescribeDBInstancesResult/Marker",
            },
            _ => Self {
                size: "MaxResults",
                items: page.clamp(5, 1_000),
                ask: "NextToken",
                answer: "nextToken",
            },
        }
    }
}
