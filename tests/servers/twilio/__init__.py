"""A strict stand-in for Twilio on 127.0.0.1: sending, content templates, webhooks, faults.

    async with TwilioServer() as twilio:
        app = start_app(twilio_api_url=twilio.url, account_sid=twilio.account_sid, ...)
        await twilio.deliver(app.url + "/webhooks/twilio/messages", customer, shop, "hi")
        assert twilio.messages[-1].body == "Welcome to Bella Hair."

It refuses what the real one refuses, with the same codes, and some things the real one only
ignores (unknown parameters), because they are our mistakes.
"""

__all__ = ["Delivered", "Fault", "Message", "TwilioServer", "segments", "sign"]
