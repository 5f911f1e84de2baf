//! Buckets of S3. Names are one space for all accounts, and the name is the id.
//!
//! Objects are never deleted here: a bucket that is not empty stays.

use std::time::Duration;

use provisioning::provider::{Class, Observed, Order, Status, Support};
use provisioning::resource::{Attributes, Kind, Value};
use quick_xml::escape::escape;
use reqwest::Method;

use crate::error::{Effect, Failure};
use crate::query::{self, quoted};
use crate::site::{Site, Which};
use crate::tags::{self, Tags};
use crate::xml::Element;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// The name of the one statement of policies that are written here.
const POLICY: &str = "ProvPublicRead";
/// Most pages of buckets.
const PAGES: usize = 2_000;

pub(crate) const SUPPORT: Support = Support {
    in_place: &["public", "tags", "versioning"],
    unread: &[],
    visible_after: Duration::from_secs(60),
    twins: false,
};

/// One that is there already is ours only with our marker, and then it was found before.
///
/// In us-east-1 AWS answers "made" for a bucket that the account has already, so its tags are asked for first.
pub(crate) async fn make(site: &Site<'_>, order: &Order) -> Result<String, Failure> {
    if order.attributes.get("encrypted").and_then(Value::bool) == Some(false) {
        return Err(Failure::new(
            Class::Unsupported,
            "S3 encrypts every object, and cannot be told not to",
        )
        .hint("write `encrypted = true`, or leave it out"));
    }
    let name = &order.name;
    if exists(site, name).await? {
        return Err(taken(name));
    }
    let body = configuration(site.region, &tags::of(order)?);
    match site
        .s3(Method::PUT, path(name, ""), body, "s3:CreateBucket")
        .await
    {
        Ok(_) => Ok(name.clone()),
        Err(failure) if failure.is("BucketAlreadyOwnedByYou") => Err(taken(name)),
        Err(failure) => Err(failure),
    }
}

/// Whether the account has such a bucket. One of another account is refused like one that we must not see: which of them it
/// is, is said by the call that makes it, and a bucket whose tags cannot be read is never finished.
async fn exists(site: &Site<'_>, name: &str) -> Result<bool, Failure> {
    match tags_of(site, name).await {
        Ok(tags) => Ok(tags.is_some()),
        Err(failure) if failure.is("PermanentRedirect") || failure.is("AuthorizationHeaderMalformed") => {
            Ok(true)
        }
        Err(failure) if failure.class == Class::Denied => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn taken(name: &str) -> Failure {
    Failure::new(
        Class::Taken,
        format!("there is a bucket `{name}` already that is not ours"),
    )
    .hint("names of buckets are unique over all accounts: choose another, or import the bucket")
}

/// The address of a bucket, or of one of its settings.
fn path(name: &str, setting: &str) -> String {
    let setting = if setting.is_empty() {
        String::new()
    } else {
        format!("?{setting}")
    };
    format!("/{}{setting}", quoted(name))
}

fn configuration(region: &str, tags: &Tags) -> String {
    // The first region is the one that must not be named.
    let place = match region {
        "us-east-1" => String::new(),
        region => format!("<LocationConstraint>{}</LocationConstraint>", escape(region)),
    };
    format!(
        "<CreateBucketConfiguration xmlns=\"{NAMESPACE}\">{place}<Tags>{}</Tags></CreateBucketConfiguration>",
        tag_elements(tags)
    )
}

fn tag_elements(tags: &Tags) -> String {
    let elements = tags.iter().map(|(key, value)| {
        format!(
            "<Tag><Key>{}</Key><Value>{}</Value></Tag>",
            escape(key.as_str()),
            escape(value.as_str())
        )
    });
    elements.collect()
}

/// Tags came with the bucket, where the service knows that; where not, they are set here.
pub(crate) async fn finish(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    let wanted = tags::of(order)?;
    if tags_of(site, id).await? != Some(wanted) {
        tag(site, id, order).await?;
    }
    if order.attributes.get("versioning").and_then(Value::bool) == Some(true) {
        keep_versions(site, id, true).await?;
    }
    let public = order
        .attributes
        .get("public")
        .and_then(Value::bool)
        .unwrap_or(false);
    publish(site, id, public).await
}

async fn tag(site: &Site<'_>, id: &str, order: &Order) -> Result<(), Failure> {
    let elements = tag_elements(&tags::of(order)?);
    let body = format!("<Tagging xmlns=\"{NAMESPACE}\"><TagSet>{elements}</TagSet></Tagging>");
    site.s3(Method::PUT, path(id, "tagging"), body, "s3:PutBucketTagging")
        .await?;
    Ok(())
}

async fn keep_versions(site: &Site<'_>, id: &str, keep: bool) -> Result<(), Failure> {
    let status = if keep { "Enabled" } else { "Suspended" };
    let body = format!(
        "<VersioningConfiguration xmlns=\"{NAMESPACE}\"><Status>{status}</Status></VersioningConfiguration>"
    );
    site.s3(
        Method::PUT,
        path(id, "versioning"),
        body,
        "s3:PutBucketVersioning",
    )
    .await?;
    Ok(())
}

/// Lets everybody read, or nobody: first the block, because a policy for everybody is refused behind it. A policy that
/// somebody else has written is never replaced.
async fn publish(site: &Site<'_>, id: &str, public: bool) -> Result<(), Failure> {
    if public && has_own_policy(site, id).await? {
        return Err(Failure::new(
            Class::Permanent,
            format!("bucket `{id}` has a policy that is not ours"),
        )
        .hint("let that policy allow reading, or remove it"));
    }
    let settings = [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ];
    let elements = settings.iter().map(|name| {
        // Access lists stay blocked in any case: what is public is so by its policy.
        let blocked = !public || name.ends_with("Acls");
        format!("<{name}>{blocked}</{name}>")
    });
    let body = format!(
        "<PublicAccessBlockConfiguration xmlns=\"{NAMESPACE}\">{}</PublicAccessBlockConfiguration>",
        elements.collect::<String>()
    );
    site.s3(
        Method::PUT,
        path(id, "publicAccessBlock"),
        body,
        "s3:PutBucketPublicAccessBlock",
    )
    .await?;
    if public {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{POLICY}","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{id}/*"}}]}}"#
        );
        site.s3(Method::PUT, path(id, "policy"), policy, "s3:PutBucketPolicy")
            .await?;
    }
    Ok(())
}

/// Whether there is a policy that was not written here.
async fn has_own_policy(site: &Site<'_>, id: &str) -> Result<bool, Failure> {
    let reply = site
        .s3(
            Method::GET,
            path(id, "policy"),
            String::new(),
            "s3:GetBucketPolicy",
        )
        .await;
    match reply {
        Ok(reply) => Ok(!reply.text().contains(POLICY)),
        Err(failure) if failure.is("NoSuchBucketPolicy") => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// S3 filters by nothing: a marker is looked for in the tags of every bucket of the region, one after the other.
pub(crate) async fn observe(site: &Site<'_>, which: Which<'_>) -> Result<Vec<Observed>, Failure> {
    let names = match which {
        Which::Id(name) => vec![name.to_owned()],
        _ => names(site).await?,
    };
    let mut found = Vec::new();
    for name in names {
        // One that is gone since the list was made, or that this identity must not see, is none of ours.
        let tags = match tags_of(site, &name).await {
            Ok(Some(tags)) => tags,
            Ok(None) => continue,
            Err(failure) if failure.class == Class::Denied && !matches!(which, Which::Id(_)) => continue,
            Err(failure) => return Err(failure),
        };
        let bucket = bare(name, &tags);
        if which.fits(&bucket) {
            found.extend(described(site, bucket).await?);
        }
    }
    Ok(found)
}

async fn names(site: &Site<'_>) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let more = token
            .map(|token| format!("&continuation-token={}", quoted(&token)))
            .unwrap_or_default();
        let target = format!(
            "/?bucket-region={}&max-buckets={}{more}",
            site.region,
            site.settings.page.max(1)
        );
        let reply = site
            .s3(Method::GET, target, String::new(), "s3:ListAllMyBuckets")
            .await?;
        let root = query::decode(&reply, Effect::Read, "s3:ListAllMyBuckets")?;
        let buckets = root.items("Buckets").iter();
        names.extend(
            buckets
                .filter_map(|bucket| bucket.text("Name"))
                .map(str::to_owned),
        );
        token = root.text("ContinuationToken").map(str::to_owned);
        if token.is_none() {
            return Ok(names);
        }
    }
    Err(Failure::new(
        Class::Permanent,
        format!("there are more than {PAGES} pages of buckets"),
    ))
}

/// The tags of a bucket; nothing if there is no such bucket.
async fn tags_of(site: &Site<'_>, id: &str) -> Result<Option<Tags>, Failure> {
    let read = setting(site, id, "tagging", "s3:GetBucketTagging").await;
    match read {
        Ok(root) => Ok(Some(tags::read(root.items("TagSet")))),
        Err(failure) if failure.is("NoSuchTagSet") => Ok(Some(Tags::new())),
        Err(failure) if failure.is("NoSuchBucket") => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn setting(site: &Site<'_>, id: &str, name: &str, permission: &str) -> Result<Element, Failure> {
    let reply = site
        .s3(Method::GET, path(id, name), String::new(), permission)
        .await?;
    query::decode(&reply, Effect::Read, permission)
}

fn bare(name: String, tags: &Tags) -> Observed {
    Observed {
        kind: Kind::Bucket,
        id: name.clone(),
        name,
        status: Status::Ready,
        attributes: Attributes::from([
            // Since 2023 every object is encrypted, at least with keys of S3.
            ("encrypted".to_owned(), true.into()),
            ("tags".to_owned(), tags::attribute(tags)),
        ]),
        computed: Attributes::new(),
        marker: tags::marker(tags),
    }
}

/// With what else can be read; nothing if it is gone meanwhile.
async fn described(site: &Site<'_>, mut bucket: Observed) -> Result<Option<Observed>, Failure> {
    let versioning = match setting(site, &bucket.id, "versioning", "s3:GetBucketVersioning").await {
        Ok(root) => root.text("Status") == Some("Enabled"),
        Err(failure) if failure.is("NoSuchBucket") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    bucket
        .attributes
        .insert("versioning".to_owned(), versioning.into());
    let public = is_public(site, &bucket.id).await?;
    bucket.attributes.insert("public".to_owned(), public.into());
    Ok(Some(bucket))
}

/// Whether everybody may read it, by its policy and by what is blocked.
async fn is_public(site: &Site<'_>, id: &str) -> Result<bool, Failure> {
    match setting(site, id, "publicAccessBlock", "s3:GetBucketPublicAccessBlock").await {
        Ok(root) if root.is_true("RestrictPublicBuckets") => return Ok(false),
        Ok(_) => {}
        Err(failure) if failure.is("NoSuchPublicAccessBlockConfiguration") => {}
        Err(failure) => return Err(failure),
    }
    match setting(site, id, "policyStatus", "s3:GetBucketPolicyStatus").await {
        Ok(root) => Ok(root
            .text("IsPublic")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))),
        Err(failure) if failure.is("NoSuchBucketPolicy") => Ok(false),
        Err(failure) => Err(failure),
    }
}

pub(crate) async fn update(
    site: &Site<'_>,
    id: &str,
    order: &Order,
    changed: &[String],
) -> Result<(), Failure> {
    let wanted = |attribute: &str| {
        order
            .attributes
            .get(attribute)
            .and_then(Value::bool)
            .unwrap_or(false)
    };
    for attribute in changed {
        match attribute.as_str() {
            "versioning" => keep_versions(site, id, wanted("versioning")).await?,
            "public" => publish(site, id, wanted("public")).await?,
            "tags" => tag(site, id, order).await?,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) async fn delete(site: &Site<'_>, id: &str) -> Result<(), Failure> {
    site.s3(Method::DELETE, path(id, ""), String::new(), "s3:DeleteBucket")
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_escaped_and_names_every_region_but_the_first() {
        let tags = Tags::from([("a<b".to_owned(), "\"&".to_owned())]);
        let far = configuration("eu-west-1", &tags);
        assert!(
            far.contains("<LocationConstraint>eu-west-1</LocationConstraint>"),
            "{far}"
        );
        assert!(
            far.contains("<Key>a&lt;b</Key><Value>&quot;&amp;</Value>"),
            "{far}"
        );
        assert!(!configuration("us-east-1", &tags).contains("Location"));
        assert_eq!(path("a.b/c", "tagging"), "/a.b%2Fc?tagging");
    }
}
