//! Connections to servers on this machine whose certificates come from authorities made for the test.

mod addresses;
mod certificates;
mod http;
mod openssl;
mod receivers;
mod server;
mod websocket;
