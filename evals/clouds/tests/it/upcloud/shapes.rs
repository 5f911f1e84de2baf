//! What requests may hold, field by field. What is not here is refused.

use serde::{Deserialize, Serialize};

/// `yes` or `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    Yes,
    No,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Label {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Labels {
    pub(crate) label: Vec<Label>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouterRequest {
    pub(crate) router: RouterFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouterFields {
    pub(crate) name: Option<String>,
    pub(crate) labels: Option<Vec<Label>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkRequest {
    pub(crate) network: NetworkFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkFields {
    pub(crate) name: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) router: Option<String>,
    pub(crate) ip_networks: Option<Ranges>,
    pub(crate) labels: Option<Vec<Label>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ranges {
    pub(crate) ip_network: Vec<Range>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    pub(crate) address: String,
    pub(crate) dhcp: Word,
    pub(crate) family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Family {
    IPv4,
    IPv6,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tier {
    Maxiops,
    Standard,
    Hdd,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageRequest {
    pub(crate) storage: StorageFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageFields {
    /// A number as a text, as the official client writes it.
    pub(crate) size: Option<String>,
    pub(crate) tier: Option<Tier>,
    pub(crate) title: Option<String>,
    pub(crate) zone: Option<String>,
    pub(crate) encrypted: Option<Word>,
    pub(crate) labels: Option<Vec<Label>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupRequest {
    pub(crate) storage: BackupFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupFields {
    pub(crate) title: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachRequest {
    pub(crate) storage_device: Attach,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attach {
    #[serde(rename = "type")]
    pub(crate) kind: AttachKind,
    pub(crate) address: String,
    pub(crate) storage: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AttachKind {
    Disk,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetachRequest {
    pub(crate) storage_device: Detach,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Detach {
    pub(crate) address: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopRequest {
    #[expect(dead_code, reason = "only its shape is checked")]
    pub(crate) stop_server: Stop,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stop {
    #[expect(dead_code, reason = "only its shape is checked")]
    pub(crate) stop_type: StopKind,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StopKind {
    Soft,
    Hard,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerChangeRequest {
    pub(crate) server: ServerChange,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerChange {
    pub(crate) labels: Option<Labels>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerRequest {
    pub(crate) server: ServerFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerFields {
    pub(crate) zone: String,
    pub(crate) title: String,
    pub(crate) hostname: String,
    pub(crate) plan: Option<String>,
    pub(crate) core_number: Option<i64>,
    pub(crate) memory_amount: Option<i64>,
    pub(crate) metadata: Word,
    pub(crate) password_delivery: Delivery,
    pub(crate) login_user: Option<LoginUser>,
    pub(crate) labels: Labels,
    pub(crate) networking: Networking,
    pub(crate) storage_devices: Devices,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Delivery {
    None,
    Email,
    Sms,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginUser {
    #[expect(dead_code, reason = "only its shape is checked")]
    pub(crate) username: String,
    #[expect(dead_code, reason = "only its shape is checked")]
    pub(crate) create_password: Word,
    pub(crate) ssh_keys: SshKeys,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SshKeys {
    pub(crate) ssh_key: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Networking {
    pub(crate) interfaces: Interfaces,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Interfaces {
    pub(crate) interface: Vec<Interface>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Interface {
    #[serde(rename = "type")]
    pub(crate) kind: InterfaceKind,
    pub(crate) network: Option<String>,
    pub(crate) ip_addresses: Addresses,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InterfaceKind {
    Public,
    Utility,
    Private,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addresses {
    pub(crate) ip_address: Vec<Address>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    pub(crate) family: Family,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Devices {
    pub(crate) storage_device: Vec<Device>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    #[expect(dead_code, reason = "only its shape is checked")]
    pub(crate) action: DeviceAction,
    pub(crate) storage: String,
    pub(crate) title: String,
    pub(crate) size: i64,
    pub(crate) tier: Tier,
    pub(crate) encrypted: Word,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeviceAction {
    Clone,
}
