//! What makes a subnet public: an internet gateway of the network and a route to it.
//!
//! Both belong to the network, not to a subnet: they carry the tag `prov-part-of` with its id, and go when it goes. What does
//! not carry the tag is somebody else's and is used but never removed.

use crate::client::Service::Ec2;
use crate::error::{Effect, Failure};
use crate::query::{self, Form};
use crate::site::Site;
use crate::tags::{self, Tags};

const PART_OF: &str = "prov-part-of";
const ANYWHERE: &str = "0.0.0.0/0";

/// Leads `subnet` of `network` to the internet. Everything that is there already is left as it is.
pub(crate) async fn open(site: &Site<'_>, network: &str, subnet: &str) -> Result<(), Failure> {
    let gateway = match attached(site, network).await? {
        Some(gateway) => gateway,
        None => attach(site, network).await?,
    };
    let table = match own_table(site, network).await? {
        Some(table) => table,
        None => make_table(site, network).await?,
    };
    let route = Form::new()
        .with("RouteTableId", &table)
        .with("DestinationCidrBlock", ANYWHERE)
        .with("GatewayId", gateway);
    done_before(
        site.call(Ec2, "CreateRoute", route, Effect::Change).await,
        "RouteAlreadyExists",
    )?;
    let form = Form::new().with("RouteTableId", table).with("SubnetId", subnet);
    done_before(
        site.call(Ec2, "AssociateRouteTable", form, Effect::Change).await,
        "Resource.AlreadyAssociated",
    )
}

/// Leads `subnet` no longer to the internet, by our routes at least.
pub(crate) async fn close(site: &Site<'_>, subnet: &str) -> Result<(), Failure> {
    let form = Form::new().filters(&[("association.subnet-id", &[subnet]), ("tag-key", &[PART_OF])]);
    let tables = site
        .pages(Ec2, "DescribeRouteTables", form, "routeTableSet")
        .await?;
    let associations = tables.iter().flat_map(|table| table.items("associationSet"));
    for association in associations.filter(|association| association.text("subnetId") == Some(subnet)) {
        let Some(id) = association.text("routeTableAssociationId") else {
            continue;
        };
        let form = Form::new().with("AssociationId", id);
        site.call(Ec2, "DisassociateRouteTable", form, Effect::Change)
            .await?;
    }
    Ok(())
}

/// Removes what [`open`] made in `network`.
pub(crate) async fn remove(site: &Site<'_>, network: &str) -> Result<(), Failure> {
    let ours = || Form::new().filters(&[(&format!("tag:{PART_OF}"), &[network])]);
    for table in site
        .pages(Ec2, "DescribeRouteTables", ours(), "routeTableSet")
        .await?
    {
        let Some(id) = table.text("routeTableId") else {
            continue;
        };
        let form = Form::new().with("RouteTableId", id);
        site.call(Ec2, "DeleteRouteTable", form, Effect::Change).await?;
    }
    for gateway in site
        .pages(Ec2, "DescribeInternetGateways", ours(), "internetGatewaySet")
        .await?
    {
        let Some(id) = gateway.text("internetGatewayId") else {
            continue;
        };
        let form = Form::new().with("InternetGatewayId", id).with("VpcId", network);
        done_before(
            site.call(Ec2, "DetachInternetGateway", form, Effect::Change)
                .await,
            "Gateway.NotAttached",
        )?;
        let form = Form::new().with("InternetGatewayId", id);
        site.call(Ec2, "DeleteInternetGateway", form, Effect::Change)
            .await?;
    }
    Ok(())
}

async fn attached(site: &Site<'_>, network: &str) -> Result<Option<String>, Failure> {
    let form = Form::new().filters(&[("attachment.vpc-id", &[network])]);
    let found = site
        .pages(Ec2, "DescribeInternetGateways", form, "internetGatewaySet")
        .await?;
    Ok(found
        .iter()
        .find_map(|gateway| gateway.text("internetGatewayId").map(str::to_owned)))
}

/// Attaches a gateway of ours; one that an earlier try made and did not attach is taken first.
async fn attach(site: &Site<'_>, network: &str) -> Result<String, Failure> {
    let form = Form::new().filters(&[(&format!("tag:{PART_OF}"), &[network])]);
    let found = site
        .pages(Ec2, "DescribeInternetGateways", form, "internetGatewaySet")
        .await?;
    let made = found
        .iter()
        .find_map(|gateway| gateway.text("internetGatewayId").map(str::to_owned));
    let id = match made {
        Some(id) => id,
        None => {
            let form = tags::specified(Form::new(), "internet-gateway", &part_of(network));
            let answer = site
                .call(Ec2, "CreateInternetGateway", form, Effect::Change)
                .await?;
            let id = answer
                .text("internetGateway/internetGatewayId")
                .map(str::to_owned);
            id.ok_or_else(|| query::without(Effect::Change, "internetGatewayId"))?
        }
    };
    let form = Form::new().with("InternetGatewayId", &id).with("VpcId", network);
    done_before(
        site.call(Ec2, "AttachInternetGateway", form, Effect::Change)
            .await,
        "Resource.AlreadyAssociated",
    )?;
    Ok(id)
}

async fn own_table(site: &Site<'_>, network: &str) -> Result<Option<String>, Failure> {
    let form = Form::new().filters(&[(&format!("tag:{PART_OF}"), &[network])]);
    let found = site
        .pages(Ec2, "DescribeRouteTables", form, "routeTableSet")
        .await?;
    Ok(found
        .iter()
        .find_map(|table| table.text("routeTableId").map(str::to_owned)))
}

async fn make_table(site: &Site<'_>, network: &str) -> Result<String, Failure> {
    let form = Form::new().with("VpcId", network);
    let form = tags::specified(form, "route-table", &part_of(network));
    let answer = site.call(Ec2, "CreateRouteTable", form, Effect::Change).await?;
    let id = answer.text("routeTable/routeTableId").map(str::to_owned);
    id.ok_or_else(|| query::without(Effect::Change, "routeTableId"))
}

fn part_of(network: &str) -> Tags {
    Tags::from([
        (PART_OF.to_owned(), network.to_owned()),
        (tags::NAME.to_owned(), format!("{network}-public")),
    ])
}

/// Success, also if it was so before.
fn done_before<T>(result: Result<T, Failure>, code: &str) -> Result<(), Failure> {
    match result {
        Ok(_) => Ok(()),
        Err(failure) if failure.is(code) => Ok(()),
        Err(failure) => Err(failure),
    }
}
