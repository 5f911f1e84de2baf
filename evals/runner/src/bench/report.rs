//! The figures, and how they compare.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::failure::Failure;

/// All figures of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    rounds: u32,
    calls: u32,
    figures: Vec<Figure>,
}

/// One thing that is measured, and everybody it is measured of; the last one is who we compare with.
#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    unit: &'static str,
    subjects: Vec<Subject>,
}

#[derive(Debug, Serialize)]
struct Subject {
    name: String,
    #[serde(skip)]
    samples: Vec<f64>,
    #[serde(flatten)]
    summary: Summary,
}

/// What is told of many samples.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Summary {
    samples: usize,
    min: f64,
    median: f64,
    p99: f64,
}

impl Report {
    pub(crate) fn new(rounds: u32, calls: u32) -> Self {
        Self {
            rounds,
            calls,
            figures: Vec::new(),
        }
    }

    /// Adds samples of `what` of `subject`.
    pub(crate) fn add(
        &mut self,
        what: &str,
        unit: &'static str,
        subject: &str,
        samples: impl IntoIterator<Item = f64>,
    ) {
        let figure = match self.figures.iter().position(|figure| figure.what == what) {
            Some(at) => at,
            None => {
                self.figures.push(Figure {
                    what: what.to_owned(),
                    unit,
                    subjects: Vec::new(),
                });
                self.figures.len() - 1
            }
        };
        let Some(figure) = self.figures.get_mut(figure) else {
            return;
        };
        let known = figure.subjects.iter_mut().find(|known| known.name == subject);
        match known {
            Some(known) => known.extend(samples),
            None => {
                let mut fresh = Subject {
                    name: subject.to_owned(),
                    samples: Vec::new(),
                    summary: Summary::default(),
                };
                fresh.extend(samples);
                figure.subjects.push(fresh);
            }
        }
    }

    /// The figures as one JSON object.
    pub(crate) fn json(&self) -> Result<String, Failure> {
        let mut value = serde_json::to_value(self)
            .map_err(|error| Failure::new("the figures could not be written as JSON").because(&error))?;
        if let Some(object) = value.as_object_mut() {
            object.insert("growth".to_owned(), serde_json::json!(self.growth()));
        }
        Ok(format!("{value:#}\n"))
    }

    /// The figures as tables.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "{} rounds, {} calls in each. The peer is the last of each group.\n\n",
            self.rounds, self.calls
        );
        text.push_str("| what | of | min | median | p99 | unit | times less than the peer |\n");
        text.push_str("|---|---|--:|--:|--:|---|--:|\n");
        for figure in &self.figures {
            for (number, subject) in figure.subjects.iter().enumerate() {
                let Summary { min, median, p99, .. } = subject.summary;
                let what = if number == 0 { figure.what.as_str() } else { "" };
                let row = format!(
                    "| {what} | {} | {min:.3} | {median:.3} | {p99:.3} | {} |",
                    subject.name, figure.unit
                );
                text.push_str(&format!("{row} {} |\n", figure.ratio(subject)));
            }
        }
        text.push_str("\nGrowth of the median from the smallest to the largest configuration:\n\n");
        for (subject, factor) in self.growth() {
            text.push_str(&format!("- {subject}: × {factor:.1}\n"));
        }
        text
    }

    /// By what each way to validate or to ask takes longer for the largest configuration than for the smallest, of lines and of
    /// resources apart.
    fn growth(&self) -> BTreeMap<String, f64> {
        let mut ends: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for figure in self
            .figures
            .iter()
            .filter(|figure| figure.what.starts_with("validate ") || figure.what.starts_with("query "))
        {
            let of = figure.what.rsplit(' ').next().unwrap_or_default();
            for subject in &figure.subjects {
                let median = subject.summary.median;
                let name = format!("{}, {of}", subject.name);
                ends.entry(name).or_insert((median, median)).1 = median;
            }
        }
        ends.into_iter()
            .filter(|(_, (first, _))| *first > 0.0)
            .map(|(name, (first, last))| (name, last / first))
            .collect()
    }
}

impl Figure {
    /// How many times less `subject` has than the peer.
    fn ratio(&self, subject: &Subject) -> String {
        match self.subjects.last() {
            Some(peer)
                if self.subjects.len() > 1 && peer.name != subject.name && subject.summary.median > 0.0 =>
            {
                format!("{:.1}", peer.summary.median / subject.summary.median)
            }
            _ => String::new(),
        }
    }
}

impl Subject {
    fn extend(&mut self, samples: impl IntoIterator<Item = f64>) {
        self.samples.extend(samples);
        self.samples.sort_by(f64::total_cmp);
        let at = |part: usize| {
            let last = self.samples.len().saturating_sub(1);
            self.samples.get(last * part / 100).copied().unwrap_or_default()
        };
        self.summary = Summary {
            samples: self.samples.len(),
            min: at(0),
            median: at(50),
            p99: at(99),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_up_and_compared_with_the_last() {
        let mut report = Report::new(1, 3);
        report.add("call", "ms", "ours", [3.0, 1.0]);
        report.add("call", "ms", "ours", [2.0]);
        report.add("call", "ms", "peer", [20.0]);
        let text = report.markdown();
        assert!(
            text.contains("| call | ours | 1.000 | 2.000 | 2.000 | ms | 10.0 |"),
            "{text}"
        );
        assert!(
            text.contains("|  | peer | 20.000 | 20.000 | 20.000 | ms |  |"),
            "{text}"
        );
    }

    #[test]
    fn growth_compares_the_largest_with_the_smallest() {
        let mut report = Report::new(1, 1);
        report.add("validate 20 lines", "ms", "warm", [2.0]);
        report.add("validate 2000 lines", "ms", "warm", [50.0]);
        assert_eq!(report.growth().get("warm, lines"), Some(&25.0));
    }
}
