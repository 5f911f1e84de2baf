//! Joins what a person edited with what is generated anew: three-way, line by line.
//!
//! `base` is what was generated last, `edited` what the person made of it, `generated` the new text. A line that one side
//! changed is taken from that side; lines that both changed differently are a conflict, which is never settled by itself.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::TextFile;

/// What stands above a person's lines.
const EDITED: &str = "<<<<<<< edited\n";
/// What stands between a person's lines and the generated ones.
const BETWEEN: &str = "=======\n";
/// What stands below the generated lines.
const GENERATED: &str = ">>>>>>> generated\n";

/// A file that was generated before: nothing where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Its name.
    pub name: String,
    /// What was generated last.
    pub base: Option<String>,
    /// What the person made of it.
    pub edited: Option<String>,
}

/// A file after the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its name.
    pub name: String,
    /// Its text, with the person's lines in every conflict; nothing if there is to be no such file.
    pub text: Option<String>,
    /// Its text with both sides of every conflict between markers; nothing if there is no conflict.
    pub marked: Option<String>,
    /// What a person has to decide.
    pub conflicts: Vec<Conflict>,
}

/// Lines that both sides changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The line of the edited text where it begins, from 1.
    pub line: usize,
    /// What happened.
    pub reason: Reason,
    /// The person's lines.
    pub edited: String,
    /// The generated lines.
    pub generated: String,
}

/// Why something is a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Both changed the same lines.
    BothChanged,
    /// Both made a file of that name.
    BothAdded,
    /// The person removed the file, and it is generated otherwise than before.
    Removed,
    /// The person edited the file, and it is not generated any more.
    NotGenerated,
}

/// Merges folders of files. The names come in order.
#[must_use]
pub fn merge_files(before: &[Before], generated: &[TextFile]) -> Vec<Merged> {
    let old = before.iter().map(|file| file.name.as_str());
    let names: BTreeSet<&str> = old
        .chain(generated.iter().map(|file| file.name.as_str()))
        .collect();
    let file = |name: &str| {
        let before = before.iter().find(|file| file.name == name);
        let base = before.and_then(|file| file.base.as_deref());
        let edited = before.and_then(|file| file.edited.as_deref());
        let generated = generated.iter().find(|file| file.name == name);
        merge_file(name, base, edited, generated.map(|file| file.text.as_str()))
    };
    names.into_iter().map(file).collect()
}

fn merge_file(name: &str, base: Option<&str>, edited: Option<&str>, generated: Option<&str>) -> Merged {
    let plain = |text: Option<&str>| Merged {
        name: name.to_owned(),
        text: text.map(str::to_owned),
        marked: None,
        conflicts: Vec::new(),
    };
    match (base, edited, generated) {
        // Nobody but one side changed it, or both did the same.
        (_, edited, generated) if edited == generated => plain(edited),
        (base, edited, generated) if base == edited => plain(generated),
        (base, edited, generated) if base == generated => plain(edited),
        (Some(base), Some(edited), Some(generated)) => Merged {
            name: name.to_owned(),
            ..merge(base, edited, generated)
        },
        (base, edited, generated) => {
            let reason = match (base, edited) {
                (_, None) => Reason::Removed,
                (None, Some(_)) => Reason::BothAdded,
                (Some(_), Some(_)) => Reason::NotGenerated,
            };
            let conflict = Conflict {
                line: 1,
                reason,
                edited: edited.unwrap_or_default().to_owned(),
                generated: generated.unwrap_or_default().to_owned(),
            };
            Merged {
                marked: Some(marked(&conflict)),
                conflicts: vec![conflict],
                ..plain(edited)
            }
        }
    }
}

/// Merges two texts that were made of `base`. The result has no name.
#[must_use]
pub fn merge(base: &str, edited: &str, generated: &str) -> Merged {
    let (base, edited, generated) = (lines(base), lines(edited), lines(generated));
    let mut sides = [Side::new(&base, &edited), Side::new(&base, &generated)];
    let (mut text, mut both) = (String::new(), String::new());
    let mut conflicts = Vec::new();
    let mut done = 0;
    loop {
        let next = sides.iter().filter_map(Side::next).min();
        let from = next.unwrap_or(base.len());
        for line in part(&base, done..from) {
            text.push_str(line);
            both.push_str(line);
        }
        sides
            .iter_mut()
            .for_each(|side| side.skip(from.saturating_sub(done)));
        if next.is_none() {
            break;
        }
        // Changes that touch are one: which of two neighbours comes first would be a guess.
        let mut to = from;
        while sides.iter_mut().any(|side| side.take_up_to(&mut to)) {}
        let old: String = part(&base, from..to).concat();
        let line = sides.first().map_or(1, |side| side.position.saturating_add(1));
        let [mine, theirs] = sides.each_mut().map(|side| side.region(to.saturating_sub(from)));
        let taken = if mine == theirs || theirs == old {
            Some(&mine)
        } else if mine == old {
            Some(&theirs)
        } else {
            None
        };
        match taken {
            Some(taken) => {
                text.push_str(taken);
                both.push_str(taken);
            }
            None => {
                text.push_str(&mine);
                let conflict = Conflict {
                    line,
                    reason: Reason::BothChanged,
                    edited: mine,
                    generated: theirs,
                };
                both.push_str(&marked(&conflict));
                conflicts.push(conflict);
            }
        }
        done = to;
    }
    Merged {
        name: String::new(),
        text: Some(text),
        marked: (!conflicts.is_empty()).then_some(both),
        conflicts,
    }
}

/// One of the two texts, as changes of the base.
struct Side<'a> {
    text: &'a [&'a str],
    changes: VecDeque<Change>,
    /// The first line that is not dealt with.
    position: usize,
    /// By how much the changes of this region make it longer, and shorter.
    longer: usize,
    shorter: usize,
}

/// These lines of the base became so many of the text.
struct Change {
    base: Range<usize>,
    length: usize,
}

impl<'a> Side<'a> {
    fn new(base: &[&str], text: &'a [&'a str]) -> Self {
        let changes = capture_diff_slices(Algorithm::Myers, base, text)
            .into_iter()
            .filter(|change| change.tag() != DiffTag::Equal)
            .map(|change| Change {
                base: change.old_range(),
                length: change.new_range().len(),
            })
            .collect();
        Self {
            text,
            changes,
            position: 0,
            longer: 0,
            shorter: 0,
        }
    }

    /// Where the next change begins in the base.
    fn next(&self) -> Option<usize> {
        self.changes.front().map(|change| change.base.start)
    }

    fn skip(&mut self, lines: usize) {
        self.position = self.position.saturating_add(lines);
    }

    /// Takes the next change if it begins at `to` or before, and moves `to` to its end.
    fn take_up_to(&mut self, to: &mut usize) -> bool {
        let Some(change) = self.changes.pop_front_if(|change| change.base.start <= *to) else {
            return false;
        };
        *to = change.base.end.max(*to);
        self.longer = self.longer.saturating_add(change.length);
        self.shorter = self.shorter.saturating_add(change.base.len());
        true
    }

    /// The lines that this text has for a region of `lines` lines of the base.
    fn region(&mut self, lines: usize) -> String {
        let end = self.position.saturating_add(lines).saturating_add(self.longer);
        let end = end.saturating_sub(self.shorter);
        let region = part(self.text, self.position..end).concat();
        self.position = end;
        (self.longer, self.shorter) = (0, 0);
        region
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn part<'a>(lines: &'a [&'a str], range: Range<usize>) -> &'a [&'a str] {
    lines.get(range).unwrap_or_default()
}

/// Both sides of a conflict between markers, each of which has a line of its own.
fn marked(conflict: &Conflict) -> String {
    let ended = |text: &str| match text {
        "" => String::new(),
        text if text.ends_with('\n') => text.to_owned(),
        text => format!("{text}\n"),
    };
    let (edited, generated) = (ended(&conflict.edited), ended(&conflict.generated));
    format!("{EDITED}{edited}{BETWEEN}{generated}{GENERATED}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a", "b", "c", "{", "}", "", "d = 1,"]);
        (prop::collection::vec(line, 0..12), any::<bool>()).prop_map(|(lines, ended)| {
            let text = lines.join("\n");
            if ended { format!("{text}\n") } else { text }
        })
    }

    fn clean(text: &str) -> Merged {
        Merged {
            name: String::new(),
            text: Some(text.to_owned()),
            marked: None,
            conflicts: Vec::new(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_one_side_changed_is_taken(base in text(), other in text()) {
            prop_assert_eq!(merge(&base, &other, &base), clean(&other));
            prop_assert_eq!(merge(&base, &base, &other), clean(&other));
            prop_assert_eq!(merge(&base, &other, &other), clean(&other));
        }

        #[test]
        fn edits_apart_both_survive(count in 5_usize..40, mine in 0_usize..40, theirs in 0_usize..40) {
            let mine = mine % count;
            let theirs = (mine + 2 + theirs % (count - 3)) % count;
            let numbered = |changed: &[usize]| -> String {
                (0..count)
                    .map(|at| if changed.contains(&at) { format!("changed {at}\nand more\n") } else { format!("{at}\n") })
                    .collect()
            };
            let merged = merge(&numbered(&[]), &numbered(&[mine]), &numbered(&[theirs]));
            prop_assert_eq!(merged, clean(&numbered(&[mine, theirs])));
        }

        /// What either side has beyond the base is in the result, with both sides of each conflict.
        #[test]
        fn no_line_is_lost(base in text(), mine in text(), theirs in text()) {
            let merged = merge(&base, &mine, &theirs);
            let mirrored = merge(&base, &theirs, &mine);
            prop_assert_eq!(merged.conflicts.len(), mirrored.conflicts.len());
            prop_assert_eq!(merged.conflicts.is_empty(), merged.marked.is_none());
            let result = merged.marked.as_deref().or(merged.text.as_deref()).unwrap_or_default();
            for line in mine.lines().chain(theirs.lines()) {
                let count = |text: &str| text.lines().filter(|known| *known == line).count();
                // Where one side left the base alone the other's lines stand, in a conflict those of both: what both sides
                // have beyond the base is there. Where both did the same it is there once for two.
                prop_assert!(2 * count(result) + count(&base) >= count(&mine) + count(&theirs), "{line:?} in {result:?}");
            }
        }
    }

    #[test]
    fn a_conflict_names_its_line_and_shows_both() {
        let merged = merge(
            "a\ncount = 3,\nz\n",
            "new\na\ncount = 5,\nz\n",
            "a\ncount = 4,\nz\ny\n",
        );
        assert_eq!(merged.text.as_deref(), Some("new\na\ncount = 5,\nz\ny\n"));
        let marked = "new\na\n<<<<<<< edited\ncount = 5,\n=======\ncount = 4,\n>>>>>>> generated\nz\ny\n";
        assert_eq!(merged.marked.as_deref(), Some(marked));
        let [conflict] = merged.conflicts.as_slice() else {
            panic!("{merged:?}")
        };
        assert_eq!((conflict.line, conflict.reason), (3, Reason::BothChanged));
    }

    /// What it is about, the three texts, the text that comes out, the conflict.
    type Case<'a> = (&'a str, [Option<&'a str>; 3], Option<&'a str>, Option<Reason>);

    #[test]
    fn files_come_and_go() {
        let cases: [Case<'_>; 8] = [
            ("new", [None, None, Some("g")], Some("g"), None),
            ("removed", [Some("b"), None, Some("b")], None, None),
            (
                "removed, changed",
                [Some("b"), None, Some("g")],
                None,
                Some(Reason::Removed),
            ),
            ("not generated", [Some("b"), Some("b"), None], None, None),
            (
                "edited, not generated",
                [Some("b"), Some("e"), None],
                Some("e"),
                Some(Reason::NotGenerated),
            ),
            (
                "both added",
                [None, Some("e"), Some("g")],
                Some("e"),
                Some(Reason::BothAdded),
            ),
            (
                "both added the same",
                [None, Some("g"), Some("g")],
                Some("g"),
                None,
            ),
            ("gone on both sides", [Some("b"), None, None], None, None),
        ];
        for (what, [base, edited, generated], text, reason) in cases {
            let own = |text: &str| text.to_owned();
            let before = Before {
                name: "a".to_owned(),
                base: base.map(own),
                edited: edited.map(own),
            };
            let generated: Vec<TextFile> = generated
                .map(|text| TextFile {
                    name: "a".to_owned(),
                    text: own(text),
                })
                .into_iter()
                .collect();
            let merged = merge_files(&[before], &generated);
            let reasons: Vec<Reason> = merged[0]
                .conflicts
                .iter()
                .map(|conflict| conflict.reason)
                .collect();
            assert_eq!(merged[0].text.as_deref(), text, "{what}");
            assert_eq!(reasons.first().copied(), reason, "{what}");
        }
    }
}
