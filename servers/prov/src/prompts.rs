//! The prompts of the family, with suggestions for their arguments.

use std::collections::BTreeMap;
use std::sync::Arc;

use provisioning::Assets;
use provisioning::cost::PriceBook;
use toolcall::{
    Answers, Completion, Content, ErrorKind, PromptArgument, PromptEntry, PromptReply, Prompts, ToolError,
};

/// Embedded prompts; a `region` argument is completed from the price lists.
pub(crate) struct FamilyPrompts {
    prompts: Vec<&'static prompts::Prompt>,
    assets: Arc<dyn Assets>,
}

impl FamilyPrompts {
    /// The prompts of `family`.
    pub(crate) fn new(family: &str, assets: &Arc<dyn Assets>) -> Result<Self, prompts::Error> {
        Ok(Self {
            prompts: prompts::family(family)?,
            assets: Arc::clone(assets),
        })
    }

    fn find(&self, name: &str) -> Option<&'static prompts::Prompt> {
        self.prompts.iter().copied().find(|prompt| prompt.name == name)
    }

    /// Every region of every provider.
    fn regions(&self) -> Vec<String> {
        match PriceBook::load(self.assets.as_ref()) {
            Ok(book) => book
                .providers()
                .iter()
                .flat_map(|provider| provider.regions.keys().cloned())
                .collect(),
            Err(error) => {
                tracing::warn!(%error, "no regions can be suggested");
                Vec::new()
            }
        }
    }
}

impl Prompts for FamilyPrompts {
    fn list(&self) -> Vec<PromptEntry> {
        let argument = |argument: &prompts::Argument| PromptArgument {
            name: argument.name.clone(),
            description: argument.description.clone(),
            required: argument.required,
        };
        let entry = |prompt: &&prompts::Prompt| PromptEntry {
            name: prompt.name.to_owned(),
            title: prompt.title.clone(),
            description: prompt.description.clone(),
            arguments: prompt.arguments.iter().map(argument).collect(),
        };
        self.prompts.iter().map(entry).collect()
    }

    fn get(
        &self,
        name: &str,
        arguments: &BTreeMap<String, String>,
        _: &Answers,
    ) -> Result<PromptReply, ToolError> {
        let prompt = self.find(name).ok_or_else(|| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            ToolError::new(ErrorKind::NotFound, format!("there is no prompt `{shown}`"))
                .allowed(self.prompts.iter().map(|prompt| prompt.name))
                .hint("list the prompts to see what is there")
        })?;
        let text = prompt.fill(arguments).map_err(|error| {
            let kind = match &error {
                prompts::Error::Missing { .. } => ErrorKind::MissingArgument,
                _ => ErrorKind::InvalidArgument,
            };
            let known: Vec<&str> = prompt
                .arguments
                .iter()
                .map(|argument| argument.name.as_str())
                .collect();
            ToolError::new(kind, error.to_string()).hint(format!("it takes {}", known.join(", ")))
        })?;
        Ok(PromptReply::Messages(vec![Content::Text(text)]))
    }

    fn complete(&self, name: &str, argument: &str, typed: &str) -> Option<Completion> {
        let prompt = self.find(name)?;
        prompt.arguments.iter().find(|known| known.name == argument)?;
        match argument {
            "region" => Some(Completion::ranked(
                self.regions().iter().map(String::as_str),
                typed,
            )),
            _ => Some(Completion::default()),
        }
    }
}
