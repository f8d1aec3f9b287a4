//! Raw records to ordered, de-duplicated, gap-declared tracks on one clock.
