//! What the tools make of shipped data, made once for each state of it.
//!
//! A workspace's own files may change between two calls, so that each call looks at them. What is made of them (a price
//! book out of twenty lists, a lexicon out of a thousand words) is kept until one differs.

use std::sync::{Arc, Mutex, PoisonError};

use provisioning::compliance::{self, Rules};
use provisioning::cost::{self, PriceBook};
use provisioning::form::Form;
use provisioning::generate::{self, Renderer};
use provisioning::intent::{Catalogue, Lexicon};
use provisioning::query;
use provisioning::{Asset, AssetKind, Assets};
use toolcall::ToolError;

use crate::fail;

/// Shipped data with the workspace's own in front, and what is made of it.
pub struct Shelf {
    assets: Arc<dyn Assets>,
    book: Memo<PriceBook>,
    catalogue: Memo<Catalogue>,
    language: Memo<Language>,
    questions: Memo<query::Lexicon>,
    renderer: Memo<Renderer>,
    rules: Memo<Rules>,
}

/// What descriptions are read with.
pub(crate) struct Language {
    pub(crate) catalogue: Catalogue,
    pub(crate) lexicon: Lexicon,
}

impl Shelf {
    /// A shelf of what `assets` holds. Nothing is read before it is needed.
    #[must_use]
    pub fn new(assets: Arc<dyn Assets>) -> Self {
        Self {
            assets,
            book: Memo::of(&[AssetKind::Price]),
            catalogue: Memo::of(&[AssetKind::Price, AssetKind::Schema]),
            language: Memo::of(&[AssetKind::Price, AssetKind::Schema, AssetKind::Lexicon]),
            questions: Memo::of(&[AssetKind::Query]),
            renderer: Memo::of(&[]),
            rules: Memo::of(&[AssetKind::Rule]),
        }
    }

    /// The data itself.
    pub(crate) fn assets(&self) -> &dyn Assets {
        self.assets.as_ref()
    }

    /// The price lists.
    pub(crate) fn book(&self) -> Result<Arc<PriceBook>, cost::Error> {
        self.book
            .get(self.assets.as_ref(), |assets| PriceBook::load(assets))
    }

    /// The catalogues alone, for those who need no lexicon.
    pub(crate) fn catalogue(&self) -> Result<Arc<Catalogue>, ToolError> {
        let book = self.book().map_err(fail::cost)?;
        self.catalogue
            .get(self.assets.as_ref(), |assets| Ok(Catalogue::new(book, assets)))
    }

    /// The form `name`. Read for each call: one that is broken is no reason to refuse the others.
    pub(crate) fn form(&self, name: &str, catalogue: &Catalogue) -> Result<Form, ToolError> {
        Form::load(name, self.assets.as_ref(), catalogue).map_err(fail::form)
    }

    /// The catalogues and the lexicon.
    pub(crate) fn language(&self) -> Result<Arc<Language>, ToolError> {
        let book = self.book().map_err(fail::cost)?;
        self.language.get(self.assets.as_ref(), |assets| {
            let catalogue = Catalogue::new(book, assets);
            let lexicon = Lexicon::load(assets, &catalogue).map_err(fail::refusal)?;
            Ok(Language { catalogue, lexicon })
        })
    }

    /// The words that questions about the inventory are asked in.
    pub(crate) fn questions(&self) -> Result<Arc<query::Lexicon>, query::LexiconError> {
        self.questions
            .get(self.assets.as_ref(), |assets| query::Lexicon::load(assets))
    }

    /// The templates.
    pub(crate) fn renderer(&self) -> Result<Arc<Renderer>, generate::Error> {
        self.renderer.get(self.assets.as_ref(), |_| Renderer::new())
    }

    /// The packs of rules.
    pub(crate) fn rules(&self) -> Result<Arc<Rules>, compliance::Error> {
        self.rules.get(self.assets.as_ref(), |assets| Rules::load(assets))
    }
}

/// Something made of assets of certain kinds.
struct Memo<T> {
    kinds: &'static [AssetKind],
    made: Mutex<Option<(Snapshot, Arc<T>)>>,
}

impl<T> Memo<T> {
    fn of(kinds: &'static [AssetKind]) -> Self {
        Self {
            kinds,
            made: Mutex::new(None),
        }
    }

    /// What was made of the same state of `assets`, or what `make` makes of it now.
    fn get<E>(
        &self,
        assets: &dyn Assets,
        make: impl FnOnce(&dyn Assets) -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        // What cannot be read is for `make` to refuse in its own words.
        let Some(state) = Snapshot::of(assets, self.kinds) else {
            return make(assets).map(Arc::new);
        };
        if let Some((_, made)) = self.lock().as_ref().filter(|(known, _)| *known == state) {
            return Ok(Arc::clone(made));
        }
        // Made of the snapshot and not of the files, which may have changed since. Two callers at once make it twice.
        let made = Arc::new(make(&state)?);
        *self.lock() = Some((state, Arc::clone(&made)));
        Ok(made)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Snapshot, Arc<T>)>> {
        // The pair is replaced whole.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Assets as they were at one moment.
#[derive(PartialEq)]
struct Snapshot(Vec<(AssetKind, Vec<Asset>)>);

impl Snapshot {
    fn of(assets: &dyn Assets, kinds: &[AssetKind]) -> Option<Self> {
        let load = |kind: &AssetKind| Some((*kind, assets.load(*kind).ok()?));
        kinds.iter().map(load).collect::<Option<_>>().map(Self)
    }
}

impl Assets for Snapshot {
    fn list(&self, kind: AssetKind) -> Vec<Asset> {
        let found = self.0.iter().find(|(known, _)| *known == kind);
        found.map(|(_, assets)| assets.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use provisioning::Embedded;

    use super::*;

    /// The shipped assets, and one price file whose text can be changed.
    struct Changing(Mutex<&'static str>);

    impl Assets for Changing {
        fn list(&self, kind: AssetKind) -> Vec<Asset> {
            let mut assets = Embedded.list(kind);
            for asset in &mut assets {
                if asset.path == "local.tsv" {
                    asset.text = Cow::Owned(format!("{}{}", asset.text, self.0.lock().unwrap()));
                }
            }
            assets
        }
    }

    #[test]
    fn what_is_made_lasts_until_a_file_differs() {
        let assets = Arc::new(Changing(Mutex::new("")));
        let shelf = Shelf::new(Arc::clone(&assets) as Arc<dyn Assets>);
        let first = shelf.book().unwrap();
        let language = shelf.language().unwrap();
        assert!(Arc::ptr_eq(&first, &shelf.book().unwrap()));
        assert!(Arc::ptr_eq(&language, &shelf.language().unwrap()));
        *assets.0.lock().unwrap() = "nonsense\n";
        assert!(
            shelf.book().is_err(),
            "a broken file is refused, however good it was before"
        );
        *assets.0.lock().unwrap() = "# a note\n";
        assert!(!Arc::ptr_eq(&first, &shelf.book().unwrap()));
        assert!(!Arc::ptr_eq(&language, &shelf.language().unwrap()));
    }
}
