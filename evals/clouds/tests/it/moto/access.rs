//! Who may do what, and what belongs to somebody else.

use provisioning::provider::{Class, Provider};
use provisioning::resource::Kind;
use serde_json::json;

use crate::support::{Keys, Moto, aws, order, ready};

#[tokio::test]
async fn the_account_is_known() {
    let (moto, keys) = Moto::locked().await;
    let account = aws(&moto.url(), &keys, |_| {})
        .account()
        .await
        .expect("an account");
    assert_eq!(account.id, "123456789012");
    assert!(account.description.contains("user/admin"), "{account:?}");
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_key_are_denied() {
    let (moto, keys) = Moto::locked().await;
    let wrong = Keys {
        secret: "hunter2-hunter2".to_owned(),
        ..keys.clone()
    };
    let unknown = Keys {
        id: "AKIAUNKNOWN000000000".to_owned(),
        ..keys
    };
    for keys in [wrong, unknown] {
        let provider = aws(&moto.url(), &keys, |_| {});
        for kind in [Kind::Network, Kind::Bucket, Kind::Database] {
            let error = provider
                .create(&order(
                    kind,
                    "prov-denied",
                    json!({
                        "plan": "db.t4g.medium", "version": "16.4",
                    }),
                ))
                .await
                .expect_err("denied");
            assert_eq!(error.class, Class::Denied, "{error:?}");
            assert!(error.hint.is_some() && error.code.is_some(), "{error:?}");
            assert!(!format!("{error:?}").contains(&keys.secret), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let moto = Moto::start().await;
    let may = json!({"Effect": "Allow", "Action": ["ec2:Describe*", "rds:Describe*", "s3:List*", "s3:Get*"], "Resource": "*"});
    let keys = moto.user("reader", &may).await;
    moto.lock().await;
    let provider = aws(&moto.url(), &keys, |_| {});
    for (kind, action) in [
        (Kind::Network, "ec2:CreateVpc"),
        (Kind::Volume, "ec2:CreateVolume"),
        (Kind::Bucket, "s3:CreateBucket"),
        (Kind::Database, "rds:CreateDBInstance"),
    ] {
        assert!(provider.list(kind, None, None).await.is_ok(), "{kind}");
        let asked = json!({"size_gb": 8, "plan": "db.t4g.medium", "version": "16.4"});
        let error = provider
            .create(&order(kind, "prov-denied", asked))
            .await
            .expect_err(action);
        assert_eq!(error.class, Class::Denied, "{error:?}");
        assert!(
            error.hint.as_deref().is_some_and(|hint| hint.contains(action)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn names_of_others_are_taken() {
    let moto = Moto::start().await;
    let keys = moto
        .user(
            "admin",
            &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        )
        .await;
    // One of another account, and one of this account that nobody of us has made, in the first region, where AWS would
    // say "made" to whoever asks again.
    moto.raw("s3", "PUT", "/prov-test-theirs", "", Some("111111111111"))
        .await;
    moto.raw("s3", "PUT", "/prov-test-unmarked", "", None).await;
    let database = "Action=CreateDBInstance&Version=2014-10-31&DBInstanceIdentifier=orders&Engine=postgres&\
                    DBInstanceClass=db.t4g.medium&AllocatedStorage=20&MasterUsername=x&MasterUserPassword=hunter2-hunter2";
    moto.raw("rds", "POST", "/", database, None).await;
    moto.lock().await;
    for region in ["us-east-1", "eu-west-1"] {
        let provider = aws(&moto.url(), &keys, |settings| settings.region = region.to_owned());
        for name in ["prov-test-theirs", "prov-test-unmarked"] {
            let error = provider
                .create(&order(Kind::Bucket, name, json!({})))
                .await
                .expect_err(name);
            assert_eq!(error.class, Class::Taken, "{region}: {error:?}");
        }
    }
    let provider = aws(&moto.url(), &keys, |settings| {
        settings.region = "us-east-1".to_owned()
    });
    let asked = json!({"plan": "db.t4g.medium", "version": "16.4"});
    let error = provider
        .create(&order(Kind::Database, "orders", asked))
        .await
        .expect_err("taken");
    assert_eq!(error.class, Class::Taken, "{error:?}");

    let network = order(Kind::Network, "main", json!({}));
    let network = provider.create(&network).await.expect("made").id;
    let group = order(Kind::SecurityGroup, "web", json!({"network": network}));
    provider.create(&group).await.expect("made");
    let mut other = group.clone();
    other.marker.id = "another".to_owned();
    let error = provider.create(&other).await.expect_err("taken");
    assert_eq!(error.class, Class::Taken, "{error:?}");
    assert_eq!(ready(&provider, Kind::Network, &network).await.name, "main");
}
