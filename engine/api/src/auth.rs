//! Lets requests through that carry a customer's key. The keys themselves are in [`crate::keys`]; signatures of webhooks are
//! checked in [`crate::webhook`], those of links in `store`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::{error::ApiError, front::Front, keys::Caller, scope::Scope};

/// Lets a request through if it carries a key that allows what its method does, and notes whose.
pub(crate) async fn require_key(
    State(front): State<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = front.api.keys.caller(request.headers())?;
    let needed = if request.method().is_safe() { Scope::Read } else { Scope::Write };
    if caller.scope < needed {
        return Err(ApiError::ScopeLacking(needed));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Lets a request through that carries a key for administrators, as [`require_key`] noted before.
pub(crate) async fn require_admin(request: Request, next: Next) -> Result<Response, ApiError> {
    let is_admin = request.extensions().get::<Caller>().is_some_and(|caller| caller.scope >= Scope::Admin);
    if is_admin { Ok(next.run(request).await) } else { Err(ApiError::ScopeLacking(Scope::Admin)) }
}
