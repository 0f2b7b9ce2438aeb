//! How long a connection counts whose other end has gone without a word: a phone that left its network.
//!
//! The system's own patience with what is sent and not confirmed is a quarter of an hour, in which such a connection keeps
//! one of the few places for news. Deliberately not here: how a page finds that its line is broken (`ui/src/lib/http.ts`).

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::io::Result;
use rustix::net::sockopt;

/// What was sent and is not confirmed after this long ends the connection.
const UNCONFIRMED: Duration = Duration::from_secs(30);
/// After this long without a word the other end is asked whether it is there, and as often again until it answers.
const IDLE: Duration = Duration::from_secs(10);

/// Has a connection end soon after its other end has gone.
pub fn limit(connection: impl AsFd) -> Result<()> {
    sockopt::set_socket_keepalive(&connection, true)?;
    sockopt::set_tcp_keepidle(&connection, IDLE)?;
    sockopt::set_tcp_keepintvl(&connection, IDLE)?;
    // Counts in milliseconds, for what is sent and for these questions.
    sockopt::set_tcp_user_timeout(&connection, UNCONFIRMED.as_millis().try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_ends_soon_after_its_other_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _browser = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (connection, _) = listener.accept().unwrap();
        limit(&connection).unwrap();
        assert!(sockopt::socket_keepalive(&connection).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&connection).unwrap(), IDLE);
        assert_eq!(sockopt::tcp_keepintvl(&connection).unwrap(), IDLE);
        assert_eq!(sockopt::tcp_user_timeout(&connection).unwrap(), 30_000);
    }
}
