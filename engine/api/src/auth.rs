//! Lets requests through that carry a customer's key. The keys themselves are in [`crate::keys`]; signatures of webhooks are
//! checked in [`crate::webhook`], those of links in `store`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::{error::ApiError, front::Front};

/// Lets a request through if it carries a key, and notes whose.
pub(crate) async fn require_key(
    State(front): State<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = front.keys.caller(request.headers())?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}
