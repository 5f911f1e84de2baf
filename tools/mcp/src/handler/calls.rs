//! Tool calls: to the gate and back, and what a tool asks in between.

use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject};
use rmcp::service::{RequestContext, RoleServer};
use toolcall::{Answers, Call, ClientCapabilities, ErrorKind, Identified, Origin, Reply, ToolError};

use super::{Handler, is_modern};
use crate::ask::{self, ROUNDS};
use crate::convert;
use crate::notify::{Drain, Notifier, severity};

impl Handler {
    /// Calls a tool, asking a client of the older era on the tool's behalf.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (who, origin) = self.who(&context).await?;
        let arguments = request.arguments.unwrap_or_default();
        let binding = || {
            self.shared
                .binding(who.caller(), "tools/call", &request.name, &arguments)
        };
        let client = convert::declared(context.client_capabilities().as_ref());
        let state = request.request_state.as_deref();
        let mut answers = ask::answers(request.input_responses, state, &self.shared.codec, binding)
            .map_err(|error| self.refused(&who, &request.name, error, &origin))?;
        for _ in 0..ROUNDS {
            let call = self.prepare(
                &request.name,
                &arguments,
                &origin,
                &context,
                client.clone(),
                answers,
            );
            let (call, drain) = call;
            let result = self.shared.gate.call(&who, call).await;
            drain.drain().await;
            let ask = match result {
                Ok(Reply::Structure(value)) => return Ok(self.complete(convert::structure(value), &context)),
                Ok(Reply::Content(parts)) => return Ok(self.complete(convert::content(parts), &context)),
                Ok(Reply::Ask(ask)) => ask,
                Err(error) => return Ok(self.complete(convert::failure(&error)?, &context)),
            };
            ask::check(&ask, &client)?;
            if is_modern(&context) {
                return Ok(ask::input_required(ask, &self.shared.codec, &binding())?.into());
            }
            answers = ask::ask_legacy(ask, &context.peer).await?;
        }
        Err(ErrorData::invalid_request(
            format!("`{}` asked more than {ROUNDS} times", request.name),
            None,
        ))
    }

    fn prepare(
        &self,
        tool: &str,
        arguments: &JsonObject,
        origin: &Origin,
        context: &RequestContext<RoleServer>,
        client: ClientCapabilities,
        answers: Answers,
    ) -> (Call, Drain) {
        let least = if !self.shared.features.logging {
            None
        } else if is_modern(context) {
            context.meta.log_level().map(severity)
        } else {
            self.level.get()
        };
        let (notifier, drain) = Notifier::start(&context.peer, context.meta.get_progress_token(), least);
        let mut call = Call::new(tool, arguments.clone(), self.transport);
        call.origin = origin.clone();
        call.progress = notifier;
        call.cancelled = context.ct.clone();
        call.client = client;
        call.answers = answers;
        (call, drain)
    }

    fn complete(&self, mut result: CallToolResult, context: &RequestContext<RoleServer>) -> CallToolResponse {
        if is_modern(context) {
            result.meta = Some(self.shared.result_meta.clone());
        }
        result.into()
    }

    /// Records a request that never became a call.
    pub(super) fn refused(
        &self,
        who: &Identified,
        tool: &str,
        error: ErrorData,
        origin: &Origin,
    ) -> ErrorData {
        let reason = ToolError::new(ErrorKind::InvalidArgument, error.message.to_string());
        let recorded = self.shared.gate.refuse(Some(who.caller()), tool, reason, origin);
        match recorded.kind() {
            ErrorKind::InvalidArgument => error,
            _ => convert::protocol_error(&recorded),
        }
    }
}
