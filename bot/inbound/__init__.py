"""Updates that come by polling or webhook, stored before they are acknowledged."""
