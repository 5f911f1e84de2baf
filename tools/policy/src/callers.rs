//! What Cedar needs to know of a caller, kept for the next question.
//!
//! Listing the tools asks once per tool about one caller; building the caller's entities and context would be most
//! of the work.

use std::collections::{HashMap, HashSet, VecDeque};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use toolcall::{Caller, Decision, Request};

use crate::Error;

/// How many callers are kept. Beyond that the oldest is forgotten: it only costs building it again.
const KEPT: usize = 64;

/// How many resources' decisions are kept per caller and action.
const RESOURCES_KEPT: usize = 64;

/// A caller in Cedar's terms.
pub(crate) struct Known {
    caller: Caller,
    transport: String,
    pub(crate) principal: EntityUid,
    pub(crate) entities: Entities,
    pub(crate) context: Context,
    /// Decisions by action and resource.
    decisions: Mutex<HashMap<&'static str, HashMap<String, Decision>>>,
}

impl Known {
    /// What was decided on the same question of this caller.
    pub(crate) fn remembered(&self, request: &Request<'_>) -> Option<Decision> {
        self.decisions()
            .get(request.action)?
            .get(&request.resource.id)
            .cloned()
    }

    /// Keeps the decision for the next time.
    pub(crate) fn remember(&self, action: &'static str, resource: &str, decision: &Decision) {
        let mut decisions = self.decisions();
        let of_action = decisions.entry(action).or_default();
        // Resources are named by callers: they must not fill the memory.
        if of_action.len() >= RESOURCES_KEPT {
            of_action.clear();
        }
        of_action.insert(resource.to_owned(), decision.clone());
    }

    fn decisions(&self) -> MutexGuard<'_, HashMap<&'static str, HashMap<String, Decision>>> {
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The callers seen of late.
pub(crate) struct Callers {
    user: EntityTypeName,
    role: EntityTypeName,
    /// Which action is in which group.
    hierarchy: Entities,
    recent: Mutex<VecDeque<Arc<Known>>>,
}

impl Callers {
    pub(crate) fn new(hierarchy: Entities) -> Result<Self, Error> {
        Ok(Self {
            user: EntityTypeName::from_str("User").map_err(Error::catalogue)?,
            role: EntityTypeName::from_str("Role").map_err(Error::catalogue)?,
            hierarchy,
            recent: Mutex::new(VecDeque::with_capacity(KEPT)),
        })
    }

    /// `caller` in Cedar's terms; a sentence if it cannot be said.
    pub(crate) fn known(&self, caller: &Caller, transport: &str) -> Result<Arc<Known>, String> {
        let same = |known: &&Arc<Known>| known.transport == transport && known.caller == *caller;
        if let Some(known) = self.recent().iter().rev().find(same) {
            return Ok(Arc::clone(known));
        }
        // Built outside the lock; two threads may both build it, which is harmless.
        let known = Arc::new(self.build(caller, transport)?);
        let mut recent = self.recent();
        if recent.len() >= KEPT {
            recent.pop_front();
        }
        recent.push_back(Arc::clone(&known));
        Ok(known)
    }

    fn build(&self, caller: &Caller, transport: &str) -> Result<Known, String> {
        // The kind is part of the id: a token's subject must never pass for the local user of the same name.
        let id = format!("{}:{}", caller.kind.name(), caller.id);
        let principal = EntityUid::from_type_name_and_id(self.user.clone(), EntityId::new(id));
        let roles: HashSet<EntityUid> = caller
            .roles
            .iter()
            .map(|role| EntityUid::from_type_name_and_id(self.role.clone(), EntityId::new(role)))
            .collect();
        let attributes = HashMap::from([("name".to_owned(), string(&caller.id))]);
        let user = Entity::new(principal.clone(), attributes, roles).map_err(|error| error.to_string())?;
        let entities = self
            .hierarchy
            .clone()
            .add_entities([user], None)
            .map_err(|error| error.to_string())?;
        let scopes = RestrictedExpression::new_set(caller.scopes.iter().map(|scope| string(scope)));
        let mut pairs = vec![
            ("transport".to_owned(), string(transport)),
            ("kind".to_owned(), string(caller.kind.name())),
            ("scopes".to_owned(), scopes),
        ];
        pairs.extend(
            caller
                .issuer
                .as_ref()
                .map(|issuer| ("issuer".to_owned(), string(issuer))),
        );
        let context = Context::from_pairs(pairs).map_err(|error| error.to_string())?;
        Ok(Known {
            caller: caller.clone(),
            transport: transport.to_owned(),
            principal,
            entities,
            context,
            decisions: Mutex::default(),
        })
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Known>>> {
        // What is kept is whole at any moment, so a thread that died holding the lock leaves nothing broken.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}
