//! Which image a server begins with: one of the settings, or the newest that the distribution publishes.

use provisioning::provider::{Class, Order};
use provisioning::resource::Value;

use crate::client::Service;
use crate::error::Failure;
use crate::query::Form;
use crate::site::Site;
use crate::xml::Element;

/// What a server gets that says no system.
const SYSTEM: (&str, &str) = ("ubuntu", "24.04");

/// An image and the name of its system disk.
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) root: String,
}

/// The image for the server that `order` asks for, of the type `plan`.
pub(crate) async fn of(site: &Site<'_>, order: &Order, plan: &str) -> Result<Image, Failure> {
    let text = |name: &str| order.attributes.get(name).and_then(Value::text);
    let family = text("os_family").unwrap_or(SYSTEM.0);
    let version = match text("os_version") {
        Some(version) => version,
        None if family == SYSTEM.0 => SYSTEM.1,
        None => {
            return Err(Failure::new(
                Class::Permanent,
                format!("system `{family}` needs an `os_version`"),
            ));
        }
    };
    let system = format!("{family}-{version}");
    let images = &site.settings.images;
    let set = images
        .get(&format!("{}/{system}", site.region))
        .or_else(|| images.get(&system));
    let form = match set {
        Some(id) => Form::new().filters(&[("image-id", &[id])]),
        None => published(family, version, architecture(plan))?,
    };
    let found = site
        .pages(Service::Ec2, "DescribeImages", form, "imagesSet")
        .await?;
    newest(&found).ok_or_else(|| {
        Failure::new(
            Class::Permanent,
            format!("there is no image of `{system}` in {}", site.region),
        )
        .hint(format!("name one for `{system}` in the provider's `images`"))
    })
}

/// The question for images of a distribution. The owners are the accounts that the distributions name on their pages.
fn published(family: &str, version: &str, architecture: &str) -> Result<Form, Failure> {
    let (owner, name) = match family {
        "ubuntu" => (
            "099720109477",
            format!("ubuntu/images/hvm-ssd*/ubuntu-*-{version}-*-server-*"),
        ),
        "debian" => ("136693071363", format!("debian-{version}-*")),
        "rocky" => ("792107900819", format!("Rocky-{version}*-EC2-Base-*")),
        "alpine" => ("538276064493", format!("alpine-{version}*-cloudinit-*")),
        _ => {
            return Err(
                Failure::new(Class::Permanent, format!("system `{family}` is not known")).hint(format!(
                    "name an image for `{family}-{version}` in the provider's `images`"
                )),
            );
        }
    };
    Ok(Form::new().list("Owner", [owner]).filters(&[
        ("name", &[&name]),
        ("architecture", &[architecture]),
        ("state", &["available"]),
        ("root-device-type", &["ebs"]),
        ("virtualization-type", &["hvm"]),
    ]))
}

/// What processors a type has: after the number of its generation, types with Graviton have a `g`.
fn architecture(plan: &str) -> &'static str {
    let family = plan.split('.').next().unwrap_or_default();
    let behind = family.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let graviton = behind
        .trim_start_matches(|letter: char| letter.is_ascii_digit())
        .starts_with('g');
    if graviton || family == "a1" {
        "arm64"
    } else {
        "x86_64"
    }
}

fn newest(images: &[Element]) -> Option<Image> {
    let newest = images
        .iter()
        .max_by_key(|image| image.text("creationDate").unwrap_or_default())?;
    Some(Image {
        id: newest.text("imageId")?.to_owned(),
        root: newest.text("rootDeviceName").unwrap_or("/dev/sda1").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_tells_its_processors() {
        for (plan, expected) in [
            ("t3.medium", "x86_64"),
            ("t4g.small", "arm64"),
            ("m7gd.large", "arm64"),
            ("g5.xlarge", "x86_64"),
            ("g5g.xlarge", "arm64"),
            ("a1.large", "arm64"),
            ("im4gn.large", "arm64"),
            ("c7i-flex.large", "x86_64"),
        ] {
            assert_eq!(architecture(plan), expected, "{plan}");
        }
    }
}
