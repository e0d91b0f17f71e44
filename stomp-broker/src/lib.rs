//! Embeddable STOMP broker.
