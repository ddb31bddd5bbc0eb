"""What a booking is: time, places, people and the verbs on them."""
